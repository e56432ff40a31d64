using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using PSIpc.Core;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>A worker of a pool: a runspace in which one pipeline stays open and runs the items of all calls, one after the other.</summary>
internal sealed partial class PoolWorker : ICallHandler
{
    /// <summary>The parameter by which the engine takes the values of <c>$using:</c>; it looks them up in the scopes around a script block.</summary>
    private const string UsingParameter = "--%";
    private const int MostScripts = 64;

    // A clean block, since try would make each statement of an item that fails end the item. It runs when the pipeline is stopped, too.
    private const string Script = "end { Invoke-PoolItem | Out-PoolItem } clean { Clear-PoolCall }";

    private readonly object _gate = new();
    private readonly WorkerEnd _end;
    private readonly WorkerItems _items;
    private readonly WorkerHost _host;
    private readonly IIpcSerializer _serializer = IpcSerializers.Get(IpcSerializers.DefaultName);
    private readonly Dictionary<uint, WorkerCall?> _calls = [];
    private readonly Dictionary<(ScriptSource Script, Guid Definitions), ScriptBlock> _scripts = [];
    private readonly DefinedSession _defined = new();
    private readonly Hashtable _using = new(StringComparer.Ordinal);

    // A process that has waited at a barrier breaks it when it lets go of it; the next call may bring it here again.
    private readonly Dictionary<IpcReference, IIpcObject> _barriers = [];
    private Runspace? _runspace;
    private PSCmdlet? _cmdlet;
    private PowerShell? _pipeline;
    private WorkerCall? _prepared;
    private SessionBaseline? _baseline;
    private SessionMirror? _mirror;
    private readonly string _firstFolder = Environment.CurrentDirectory;
    private string _folder = "";
    private PSDriveInfo? _drive;
    private string? _place;
    private uint _running;
    private bool _isStopping;

    private PoolWorker(WorkerEnd end)
    {
        _end = end;
        _items = new WorkerItems(end, this);
        Records = new ItemRecords(end);
        _host = new WorkerHost(record => Records.Add(StreamKind.Information, record));
    }

    /// <summary>The worker of this process.</summary>
    public static PoolWorker? Current { get; private set; }

    /// <summary>What the item that is running writes.</summary>
    public ItemRecords Records { get; }

    /// <summary>Whether an item called <c>exit</c>, and with which code.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>Serves a pool until it has no more work; returns the exit code.</summary>
    public static int Run(WorkerEnd end)
    {
        // Nothing is disposed: the process ends next, and what it says of its end goes by the link.
        var worker = new PoolWorker(end);
        Current = worker;
        return worker.Run();
    }

    /// <summary>A value of <c>$using:</c> that the running item's call was given, by its key.</summary>
    public bool TryGetUsing(string key, out object? value)
    {
        value = _using[key];
        return value is not null || _using.ContainsKey(key);
    }

    /// <summary>Scripts that have defined what the running call's script block names.</summary>
    public IEnumerable<Ast> DefinedScripts => _defined.Scripts;

    /// <summary>The using statements of the running call's script block; empty for none.</summary>
    public string DefinedUsings => _defined.Usings;

    /// <summary>Definitions come that later calls have.</summary>
    public void Define(Guid key, ReadOnlyMemory<byte> definitions) => _defined.Add(key, definitions);

    /// <summary>A call begins; number 0 is the worker itself.</summary>
    public void Open(uint call, ReadOnlyMemory<byte> setup)
    {
        if (call == 0)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolWorkerBegunTwice);
        }

        try
        {
            CallSetup read = CallSetup.FromBytes(setup, Enter);
            _calls[call] = WorkerCall.For(read, Parse(read.Script, read.DefinitionsKey));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _calls[call] = null;
            Records.Refuse(PoolReply.CallFailed, call, IpcErrorRecord.Of(e));
        }
    }

    /// <summary>The worker's pipeline ends, and with it those of the calls that have begun one.</summary>
    public void LosePipelines()
    {
        foreach (WorkerCall call in _calls.Values.OfType<WorkerCall>())
        {
            Try(call.Lose);
        }
    }

    /// <summary>A call is over: what it was run with is let go.</summary>
    public void Forget(uint call)
    {
        if (!_calls.Remove(call, out WorkerCall? over) || over is null)
        {
            return;
        }

        Try(over.Dispose);
        if (_prepared == over)
        {
            _prepared = null;
            _using.Clear();
            _defined.RemoveVariables();
        }

        // Not left to the garbage collector, which does nothing in an idle process: the end of a pipe would stay open.
        foreach (IIpcObject live in over.Setup.LiveObjects)
        {
            if (live.Kind != ObjectKind.Barrier || !_barriers.TryAdd(live.Reference, live))
            {
                Try(live.Dispose);
            }
        }

        MessageReceipt.CloseOpened();
        foreach (IIpcObject removed in _barriers.Values.Where(b => b.IsRemoved).ToArray())
        {
            _barriers.Remove(removed.Reference);
            Try(removed.Dispose);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "What is disposed of may run code of the call's script, and the worker goes on.")]
    private static void Try(Action work)
    {
        try
        {
            work();
        }
        catch (Exception)
        {
            // It was removed, or is damaged: nobody uses it here any more.
        }
    }

    private int Run()
    {
        _end.Receive();
        if (PoolMessage.CallOf(_end.Message.Span) == PoolMessage.Greeting)
        {
            // On a machine that serves pools of others: what can be done before there is one.
            ReadOnlyMemory<byte> servers = _end.Message[PoolMessage.ShortHeaderSize..];
            IpcServers.ReadInheritance(ref servers);
            Records.AllowsSecrets = false;
            OpenRunspace();
            _end.Receive();
        }

        if (!Begin(_end.Message[PoolMessage.ShortHeaderSize..]))
        {
            return 1;
        }

        new Thread(StopWhenAsked) { IsBackground = true, Name = "PSIpc stop requests" }.Start();
        bool goOn = true;
        while (goOn)
        {
            using PowerShell pipeline = PowerShell.Create();
            pipeline.Runspace = _runspace;
            pipeline.AddScript(Script, useLocalScope: false).AddParameter(UsingParameter, _using);
            Listen(pipeline.Streams);
            lock (_gate)
            {
                _pipeline = pipeline;
                _isStopping = false;
            }

            goOn = !IsThrough(pipeline);
        }

        return ExitCode ?? 0;
    }

    private void OpenRunspace()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        WorkerCommands.AddTo(state);
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        _runspace.Open();
    }

    /// <summary>Opens the runspace and does what the pool's maker asked for; false, and the pool is told why, when that fails.</summary>
    private bool Begin(ReadOnlyMemory<byte> setup)
    {
        var session = new SessionSetup();
        try
        {
            if (_runspace is null)
            {
                OpenRunspace();
            }

            if (!setup.IsEmpty)
            {
                var data = (object?[])_serializer.Deserialize(setup)!;
                session = SessionSetup.FromData(data);
                session.Apply(_runspace!, Invoke);
            }

            _baseline = new SessionBaseline(_runspace!.SessionStateProxy.PSVariable);
            _mirror = new SessionMirror(_runspace.SessionStateProxy.Drive, _runspace.SessionStateProxy.Provider);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Records.Refuse(PoolReply.StartFailed, 0, session.Explain(IpcErrorRecord.Of(e), Messages.InitializedPool.With(_end.PoolName)));
            return false;
        }

        Span<byte> ready = stackalloc byte[PoolMessage.ShortHeaderSize];
        PoolMessage.WriteShort(ready, (byte)PoolReply.Ready, 0);
        _end.Reply(ready, ring: true);
        return true;
    }

    private bool Invoke(PowerShell pipeline)
    {
        pipeline.Invoke();
        if (_host.ExitCode is { } code)
        {
            throw new IpcException(IpcErrorKind.WorkerDied, Messages.PoolInitializationExited.With(code));
        }

        // Nobody would see an error that does not end it, and items would fail for want of what it was to prepare.
        return pipeline.Streams.Error.FirstOrDefault() is { } error ? throw new RuntimeException(error.ToString(), error.Exception, error) : true;
    }

    /// <summary>Runs items; false when one was stopped, and another pipeline is to go on.</summary>
    private static bool IsThrough(PowerShell pipeline)
    {
        try
        {
            pipeline.Invoke();
        }
        catch (PipelineStoppedException)
        {
            // Only where the stop came so late that the pipeline had ended by itself; it returns otherwise.
        }

        return pipeline.InvocationStateInfo.State == PSInvocationState.Completed;
    }

    /// <summary>Makes the definitions of a call visible.</summary>
    private void Enter(Guid key, ReadOnlyMemory<byte> definitions)
    {
        if (!definitions.IsEmpty)
        {
            _defined.Add(key, definitions);
        }

        if (_defined.Key != key)
        {
            _prepared = null;
            _defined.Enter(key, _cmdlet!);
        }
    }

    private ScriptBlock Parse(ScriptSource script, Guid definitions)
    {
        // Its names of types mean those of its call.
        if (!_scripts.TryGetValue((script, definitions), out ScriptBlock? block))
        {
            if (_scripts.Count == MostScripts)
            {
                _scripts.Clear();
            }

            block = script.Parse();
            _scripts[(script, definitions)] = block = _defined.BlockModule?.NewBoundScriptBlock(block) ?? block;
        }

        return block;
    }

    private void Listen(PSDataStreams streams)
    {
        Listen(streams.Error, StreamKind.Error);
        Listen(streams.Warning, StreamKind.Warning);
        Listen(streams.Verbose, StreamKind.Verbose);
        Listen(streams.Debug, StreamKind.Debug);
        Listen(streams.Information, StreamKind.Information);
        Listen(streams.Progress, StreamKind.Progress);
    }

    private void Listen<T>(PSDataCollection<T> stream, StreamKind kind) => stream.DataAdded += (_, _) =>
    {
        foreach (T record in stream.ReadAll())
        {
            EngineStreams.NoteIfShown(record);
            if (record is ErrorRecord error)
            {
                ErrorPosition.Complete(error, _runspace!);
                if (_prepared is { } call)
                {
                    ErrorPosition.CompleteBinding(error, call.Setup.Script);
                }
            }

            Records.Add(kind, record);
        }
    };

    /// <summary>Asks what runs to stop, for this process ends; does not wait.</summary>
    public void Stop() => _pipeline?.BeginStop(null, null);

    private void StopWhenAsked()
    {
        for (uint call = 0; ;)
        {
            call = _end.WaitForStop(call);
            lock (_gate)
            {
                if (_running == call && call != 0)
                {
                    _isStopping = true;
                    _pipeline?.BeginStop(null, null);
                }
            }
        }
    }
}
