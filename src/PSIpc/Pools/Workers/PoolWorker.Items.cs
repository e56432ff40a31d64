using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>Running one item: what it sees around it, and how it ends.</summary>
internal sealed partial class PoolWorker
{
    /// <summary>Runs items in the pipeline of a cmdlet until there is no more work.</summary>
    /// <exception cref="PipelineStoppedException">The item that was running was stopped: the pipeline is over, and another one goes on.</exception>
    public void RunItems(PSCmdlet cmdlet)
    {
        _cmdlet = cmdlet;
        using var hidden = OwnScript.HideFrames(cmdlet);
        while (_items.TryBegin(out WorkerItem item))
        {
            RunItem(cmdlet, item);
        }
    }

    private void RunItem(PSCmdlet cmdlet, in WorkerItem item)
    {
        Records.Begin(item);
        ResultFlags flags = ResultFlags.None;
        if (_calls.TryGetValue(item.Call, out WorkerCall? call) && call is not null && TryEnter(item.Call))
        {
            flags = Run(cmdlet, call, item);
        }
        else
        {
            flags = ResultFlags.Stopped;
        }

        bool wasStopped;
        lock (_gate)
        {
            _running = 0;
            wasStopped = _isStopping;
        }

        _end.NoteMemory();
        Records.Finish(flags);
        if (wasStopped)
        {
            throw new PipelineStoppedException();
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A script can throw anything, and so can the engine on its behalf.")]
    private ResultFlags Run(PSCmdlet cmdlet, WorkerCall call, in WorkerItem item)
    {
        try
        {
            Prepare(cmdlet, call);
            _baseline!.Restore();
            _mirror!.SetCulture();
            GoToFolder(cmdlet.SessionState);
            if (item.IsEnd)
            {
                call.End(cmdlet);
            }
            else
            {
                SecretBuffers.Begin();
                object? value = ScriptValues.Read(_serializer, item.Bytes);
                SecretBuffers.ClearIfRead(item.Bytes);
                MissingIpcObject.ThrowIfMissing(value);
                call.Run(cmdlet, value);
            }

            return ResultFlags.None;
        }
        catch (ExitException e)
        {
            Exit(e.Argument);
            throw;
        }
        catch (Exception e) when (e is BreakException or ContinueException)
        {
            return ResultFlags.None; // No loop around it: it ends the item.
        }
        catch (PipelineStoppedException e)
        {
            bool wasAsked;
            lock (_gate)
            {
                wasAsked = _isStopping;
                _isStopping = true; // Whoever threw it, the pipeline may be half stopped: another one goes on.
            }

            if (wasAsked)
            {
                return ResultFlags.Stopped;
            }

            Fail(call, e.ErrorRecord);
            return ResultFlags.Failed;
        }
        catch (Exception e)
        {
            // The script's, the engine's or a serializer's: it ends this item, and the worker goes on with the next.
            Fail(call, IpcErrorRecord.Of(e));
            return ResultFlags.Failed;
        }
    }

    /// <summary>Sends the error that ended the item.</summary>
    private void Fail(WorkerCall call, ErrorRecord error)
    {
        ErrorPosition.Complete(error, call.Setup.Script);
        Records.Add(StreamKind.Failure, error);
    }

    private bool TryEnter(uint call)
    {
        lock (_gate)
        {
            _running = call;
            return !_isStopping && !_end.IsToBeStopped(call);
        }
    }

    /// <summary>Ends this process as the script asked: the pool sees the item as that of a worker that exited.</summary>
    private void Exit(object? argument)
    {
        ExitCode = argument is int code ? code : 0;
        LosePipelines(); // Their clean blocks run.
        Records.Flush();
        _end.NoteExit(ExitCode.Value);
        Environment.Exit(ExitCode.Value);
    }

    /// <summary>Sets what a call's items see around them, where the last item was another call's.</summary>
    private void Prepare(PSCmdlet cmdlet, WorkerCall call)
    {
        if (_prepared == call)
        {
            return;
        }

        SessionState session = cmdlet.SessionState;
        _defined.Enter(call.Setup.DefinitionsKey, cmdlet);
        _defined.SetVariables(call.Setup.Variables, cmdlet);

        _using.Clear();
        foreach (DictionaryEntry value in call.Setup.Using ?? [])
        {
            _using[value.Key] = value.Value;
        }

        if (_mirror!.HasDrives)
        {
            // The folder may be on one that goes.
            session.Path.SetLocation(WildcardPattern.Escape(_firstFolder));
        }

        _mirror.Apply(call.Setup.Session, call.Setup.Environment);
        string wanted = call.Setup.Session.Folder is { } folder && (Directory.Exists(folder) || (_mirror.HasDrives && IsOnDrive(session, folder))) ? folder : _firstFolder;
        _drive = wanted == _folder ? _drive : null;
        _folder = wanted;
        _baseline!.Set(call.Setup.Wishes);
        _prepared = call;
    }

    /// <summary>Whether a path of the session is a folder.</summary>
    private static bool IsOnDrive(SessionState session, string folder)
    {
        try
        {
            return Directory.Exists(session.Path.GetUnresolvedProviderPathFromPSPath(folder));
        }
        catch (Exception e) when (e is System.Management.Automation.DriveNotFoundException or ProviderNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Goes to the caller's folder, if the last item was another caller's or left it.</summary>
    private void GoToFolder(SessionState session)
    {
        if (session.Drive.Current != _drive || _drive.CurrentLocation != _place)
        {
            session.Path.SetLocation(WildcardPattern.Escape(_folder));
            _drive = session.Drive.Current;
            _place = _drive.CurrentLocation;
        }
    }
}
