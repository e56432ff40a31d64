using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Runtime.InteropServices;
using PSIpc.Core;
using PSIpc.Core.Pools;
using PSIpc.Core.Processes;

namespace PSIpc;

/// <summary>The child's side of Start-IpcProcess and of process pools: what its program calls first and last.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class IpcWorker
{
    private const int FailureCode = 1;
    private const int StoppedCode = 130;

    private static ProcessLink? _link;
    private static volatile WorkerPipeline? _pipeline;
    private static volatile bool _noted;

    /// <summary>Serves a link: runs its task, then exits this process.</summary>
    /// <param name="linkName">The name of the link.</param>
    [SuppressMessage("Design", "CA1031", Justification = "The last word of a process: whatever went wrong is written where the parent reads it.")]
    public static void Run(string linkName)
    {
        ChildLauncher.ForgetRuntimeSettings();

        // First of all handlers, so that it runs before the engine's own, which lets go of the link.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => NoteExit(Environment.ExitCode);
        int code = FailureCode;
        try
        {
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static c => c.Cancel = true);
            _link = ProcessLink.Open(linkName);
            ProcessTask task = ProcessTask.Receive(_link);
            if (task.IsDetached)
            {
                ProcessSession.LeaveTerminal();
                WorkerPipeline.SendBegun(_link);
            }
            else
            {
                ProcessSession.BecomeRoot();
                EndWithParent(_link);
            }

            _pipeline = new WorkerPipeline(_link, task);
            code = _pipeline.Run();
        }
        catch (IpcException e) when (_link is not null)
        {
            // What the task refers to is gone or another process's: the parent gets the error as one.
            WorkerPipeline.SendFailure(_link, e);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e.Message);
        }

        NoteExit(code);
        Environment.Exit(code);
    }

    /// <summary>Serves a process pool until it has no more work, then exits this process.</summary>
    /// <param name="linkName">The name of the link between the pool and this worker.</param>
    [SuppressMessage("Design", "CA1031", Justification = "The last word of a process: whatever went wrong is written where the parent reads it.")]
    public static void RunPool(string linkName)
    {
        ChildLauncher.ForgetRuntimeSettings();
        int code = FailureCode;
        try
        {
            // First of all handlers, so that it runs before the engine's own, which lets go of the link.
            WorkerEnd? end = null;
            AppDomain.CurrentDomain.ProcessExit += (_, _) =>
            {
                PoolWorker.Current?.Records.Flush();
                end?.NoteExit(Environment.ExitCode);
            };
            end = WorkerEnd.Open(linkName);
            ProcessSession.BecomeRoot();
            end.EndWithParent(static () => PoolWorker.Current?.Stop());
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static c => c.Cancel = true);
            code = PoolWorker.Run(end);
            end.NoteExit(code);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e);
        }

        Environment.Exit(code);
    }

    /// <summary>The code of a task that ran to its end, was stopped, or failed.</summary>
    internal static int CodeOf(PSInvocationState state, int? exitCode) => state switch
    {
        _ when exitCode is { } asked => asked,
        PSInvocationState.Stopped => StoppedCode,
        PSInvocationState.Failed => FailureCode,
        _ => 0,
    };

    private static void NoteExit(int code)
    {
        if (_link is not null && !_noted)
        {
            _noted = true;
            _link.NoteExit(code);
        }
    }

    /// <summary>A thread asleep on the parent's lease: the kernel wakes it when the parent is dead.</summary>
    private static void EndWithParent(ProcessLink link) => new Thread(() =>
    {
        link.WaitForParentDeath();
        ProcessSession.EndSelf(static () => _pipeline?.Stop());
    })
    {
        IsBackground = true,
        Name = "PSIpc parent watch",
    }.Start();
}
