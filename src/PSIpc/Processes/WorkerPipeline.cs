using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Processes;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Runs a task in a runspace of its own and sends each record of each stream to the parent as it is written.</summary>
internal sealed class WorkerPipeline(ProcessLink link, ProcessTask task)
{
    /// <summary>The parameter by which the engine takes the values of <c>$using:</c>.</summary>
    private const string UsingParameter = "--%";

    private readonly IIpcSerializer _serializer = IpcSerializers.Get(IpcSerializers.DefaultName);
    private readonly object _sending = new();
    private static ProcessTask? _given;
    private bool _parentGone;
    private volatile bool _stopRequested;
    private volatile PowerShell? _current;
    private WorkerHost? _host;

    /// <summary>The values of <c>$using:</c> that this process was given; null where it is no child.</summary>
    public static Hashtable? GivenUsing => _given?.Using;

    /// <summary>Tells the parent why there is no task to run.</summary>
    public static void SendFailure(ProcessLink link, IpcException failure) =>
        new WorkerPipeline(link, new ProcessTask { Script = new ScriptSource("") }).Send(StreamKind.Failure, IpcErrorRecord.From(failure));

    /// <summary>Tells the parent that this process has read its task and opened what that refers to.</summary>
    public static void SendBegun(ProcessLink link) => link.SendToParent([(byte)StreamKind.Begun], default, Deadline.Now, default);

    /// <summary>Runs the task; returns the exit code.</summary>
    public int Run()
    {
        _given = task;
        _host = new WorkerHost(record => Send(StreamKind.Information, record));
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([ChildProgram.ModulePath]);
        using Runspace runspace = RunspaceFactory.CreateRunspace(_host, state);
        runspace.Open();
        Mirror(runspace);
        using PowerShell pipeline = PowerShell.Create();
        pipeline.Runspace = runspace;
        ListenForStop();
        if (Prepare(runspace) is { } code)
        {
            return code;
        }

        if (task.IsFile)
        {
            pipeline.AddCommand(task.Script.Text); // As a file: $PSScriptRoot, $PSCommandPath and errors name it.
            ExitOfScriptFile.ReachesHost(runspace);
        }
        else if (task.Setup.BlockModule is { } module)
        {
            Runspace before = Runspace.DefaultRunspace;
            Runspace.DefaultRunspace = runspace;
            ScriptBlock block = module.NewBoundScriptBlock(task.Script.Parse());
            Runspace.DefaultRunspace = before;
            pipeline.AddScript("$PSIpcBlock, $PSIpcArguments, $PSIpcParameters = $args; & $PSIpcBlock @PSIpcArguments @PSIpcParameters")
                .AddArgument(block).AddArgument(task.Arguments).AddArgument(task.Parameters);
        }
        else
        {
            pipeline.AddScript(task.Script.Text);
        }

        if (task.Setup.BlockModule is null)
        {
            foreach (object? argument in task.Arguments)
            {
                pipeline.AddArgument(argument);
            }

            pipeline.AddParameters(task.Parameters);
        }

        if (task.Using.Count > 0)
        {
            pipeline.AddParameter(UsingParameter, task.Using);
        }

        return Invoke(pipeline);
    }

    /// <summary>Gives the session the caller's cultures and drives, and its folder if that is on one of these.</summary>
    private void Mirror(Runspace runspace)
    {
        SessionStateProxy session = runspace.SessionStateProxy;
        var mirror = new SessionMirror(session.Drive, session.Provider);
        mirror.Apply(task.Session, []);
        if (mirror.HasDrives && task.Session.Folder is { } folder)
        {
            session.Path.SetLocation(WildcardPattern.Escape(folder));
        }
    }

    /// <summary>Asks what runs to stop; does not wait.</summary>
    public void Stop()
    {
        _stopRequested = true;
        try
        {
            // Not Stop, which goes on with the pipeline after it has ended, when it may be gone.
            _current?.BeginStop(null, null);
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    /// <summary>Modules, functions, then the initialization script, in the scope that the script sees; an exit code if one failed.</summary>
    private int? Prepare(Runspace runspace)
    {
        int code = 0;
        bool InvokeUnlessOver(PowerShell pipeline)
        {
            code = Invoke(pipeline);
            return code == 0 && _host!.ExitCode is null;
        }

        return task.Setup.Apply(runspace, InvokeUnlessOver) ? null : code;
    }

    [SuppressMessage("Design", "CA1031", Justification = "A script can throw anything, and so can the engine on its behalf.")]
    private int Invoke(PowerShell pipeline)
    {
        Forward(pipeline.Runspace, pipeline.Streams.Error, StreamKind.Error);
        Forward(pipeline.Runspace, pipeline.Streams.Warning, StreamKind.Warning);
        Forward(pipeline.Runspace, pipeline.Streams.Verbose, StreamKind.Verbose);
        Forward(pipeline.Runspace, pipeline.Streams.Debug, StreamKind.Debug);
        Forward(pipeline.Runspace, pipeline.Streams.Information, StreamKind.Information);
        Forward(pipeline.Runspace, pipeline.Streams.Progress, StreamKind.Progress);
        using var output = new PSDataCollection<PSObject?>();
        Forward(pipeline.Runspace, output, StreamKind.Output);
        _current = pipeline;
        try
        {
            if (_stopRequested)
            {
                throw new PipelineStoppedException();
            }

            pipeline.Invoke(null, output);
            return IpcWorker.CodeOf(pipeline.InvocationStateInfo.State, _host!.ExitCode);
        }
        catch (PipelineStoppedException)
        {
            return IpcWorker.CodeOf(PSInvocationState.Stopped, _host!.ExitCode);
        }
        catch (Exception e)
        {
            ErrorRecord error = IpcErrorRecord.Of(e);
            if (!task.IsFile && !task.Setup.IsInitializing)
            {
                // As text: the engine gives a pipeline's script no file.
                ErrorPosition.Complete(error, new ScriptSource(task.Script.Text));
                ErrorPosition.MoveToFile(error, task.Script);
            }

            Send(StreamKind.Failure, task.Setup.Explain(error, Messages.InitializedProcess.With(link.Name)));
            return IpcWorker.CodeOf(PSInvocationState.Failed, _host!.ExitCode);
        }
    }

    private void Forward<T>(Runspace runspace, PSDataCollection<T> stream, StreamKind kind) => stream.DataAdded += (_, _) =>
    {
        foreach (T record in stream.ReadAll())
        {
            EngineStreams.NoteIfShown(record);
            if (record is ErrorRecord error)
            {
                ErrorPosition.Complete(error, runspace);
                ErrorPosition.MoveToFile(error, task.Script);
            }

            Send(kind, record);
        }
    };

    private void Send(StreamKind kind, object? value)
    {
        // Without the lock: a property of the object may run a script, which may wait for another that writes.
        MessageBuffer buffer = MessageBuffer.Rent(new WriteOptions(AllowsSecrets: true));
        try
        {
            buffer.GetSpan(1)[0] = (byte)kind;
            buffer.Advance(1);
            Write(value, buffer);
            lock (_sending)
            {
                SendUnlessParentGone(buffer);
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Writes the object; one that cannot be written arrives as the error that says so.</summary>
    private void Write(object? value, MessageBuffer buffer)
    {
        int start = buffer.Length;
        try
        {
            _serializer.Serialize(value, buffer, IpcSerializers.DefaultDepth);
        }
        catch (IpcException e)
        {
            buffer.Truncate(start - 1);
            buffer.GetSpan(1)[0] = (byte)StreamKind.Error;
            buffer.Advance(1);
            _serializer.Serialize(IpcErrorRecord.From(e, value is null ? null : PropertyReader.TextOf(value)), buffer, IpcSerializers.DefaultDepth);
        }
    }

    /// <summary>Waits for room as long as somebody is there to make it: a detached child goes on without its parent.</summary>
    private void SendUnlessParentGone(MessageBuffer buffer)
    {
        while (!_parentGone && !link.SendToParent(buffer.Written, buffer.Stamp(_serializer.Format), Deadline.After(TimeSpan.FromSeconds(1)), default))
        {
            _parentGone = !link.IsParentAlive();
        }
    }

    private void ListenForStop() => new Thread(() =>
    {
        try
        {
            link.ReceiveFromParent(new ReceivedMessage(), Deadline.Never, default);
        }
        catch (IpcException)
        {
            return; // The process ends.
        }

        Stop();
    })
    {
        IsBackground = true,
        Name = "PSIpc stop requests",
    }.Start();
}
