using System.Buffers.Binary;
using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>What of the caller's session a child process gets before it runs anything: definitions, variables, an initialization script.</summary>
internal sealed class SessionSetup
{
    /// <summary>The parameter by which the engine takes the values of <c>$using:</c>.</summary>
    private const string UsingParameter = "--%";

    // An ErrorRecord's stack is that of where it was thrown, and cannot be given to another.
    private static readonly FieldInfo? StackTraceField = typeof(ErrorRecord).GetField("_scriptStackTrace", BindingFlags.Instance | BindingFlags.NonPublic);

    private ReadOnlyMemory<byte> _values;

    /// <summary>Modules, classes, functions and aliases, defined first.</summary>
    public SessionDefinitions Definitions { get; private init; } = SessionDefinitions.Empty;

    /// <summary>Runs last, in the scope that scripts see.</summary>
    public ScriptSource? InitializationScript { get; private init; }

    /// <summary>The module in which a bound script block runs, once it is imported; null for none.</summary>
    public PSModuleInfo? BlockModule { get; private set; }

    /// <summary>Whether a secret is in the values.</summary>
    public bool HoldsSecrets { get; private init; }

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => Definitions.IsEmpty && _values.IsEmpty && InitializationScript is null;

    /// <summary>Takes what a script block and the parameters of a cmdlet name out of its session.</summary>
    /// <param name="caller">The cmdlet.</param>
    /// <param name="initializationScript">What runs first; null for nothing.</param>
    /// <param name="request">What else is asked for.</param>
    /// <param name="block">A script block that runs in its module after the initialization script; null where calls bring one.</param>
    /// <param name="allowsSecrets">Whether secrets may be among the values.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> for a function or variable that the session does not have.</exception>
    public static SessionSetup From(IpcCmdlet caller, ScriptBlock? initializationScript, SessionRequest request, ScriptBlock? block = null, bool allowsSecrets = false)
    {
        SessionContents contents = SessionContents.Of(caller, block ?? initializationScript, block is null || initializationScript is null
            ? request
            : request with { Values = [.. request.Values, initializationScript] }, isBound: block is not null);
        Hashtable used = initializationScript is null ? [] : UsingValues.Collect(initializationScript, caller);
        MessageBuffer buffer = MessageBuffer.Rent(new WriteOptions(allowsSecrets, KeepsScripts: true));
        try
        {
            SessionValues values = SessionValues.Append(buffer, contents.Variables, CallerStreams.WantsVerbose(caller));
            byte[] variables = buffer.Written.ToArray();
            buffer.Truncate(0);
            IpcSerializers.Get(IpcSerializers.DefaultName).Serialize(used, buffer, IpcSerializers.DefaultDepth + 1);
            var setup = new SessionSetup
            {
                Definitions = contents.Definitions,
                InitializationScript = initializationScript is null ? null : new ScriptSource(initializationScript.ToString()),
                HoldsSecrets = buffer.HoldsSecrets,
                _values = used.Count == 0 && variables.Length == 0 ? default : Join(variables, buffer.Written),
            };
            contents.Write(caller, values);
            return setup;
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Reads what <see cref="ToData"/> made.</summary>
    public static SessionSetup FromData(object?[] data) => new()
    {
        Definitions = SessionDefinitions.FromBytes((byte[])Unwrap(data[0])!),
        InitializationScript = Unwrap(data[1]) is string text ? new ScriptSource(text) : null,
        _values = (byte[])Unwrap(data[2])!,
    };

    /// <summary>The same as plain data.</summary>
    public object?[] ToData() => [Definitions.Bytes, InitializationScript?.Text, _values.ToArray()];

    /// <summary>Does it in a session.</summary>
    /// <param name="runspace">The session.</param>
    /// <param name="invoke">Invokes a pipeline; whether to go on.</param>
    /// <returns>Whether all of it was done.</returns>
    public bool Apply(Runspace runspace, Func<PowerShell, bool> invoke)
    {
        foreach (SessionModule module in Definitions.Modules)
        {
            if (!TryImport(runspace, module, invoke))
            {
                return false;
            }
        }

        if (Definitions.BlockModule is { } own)
        {
            if (!TryImport(runspace, own, invoke))
            {
                return false;
            }

            using PowerShell find = NewPipeline(runspace).AddCommand("Get-Module");
            BlockModule = find.Invoke<PSModuleInfo>().FirstOrDefault(m => m.Name == own.Name);
        }

        foreach (SessionUnit unit in Definitions.Units)
        {
            if (!TryRun(runspace, unit, invoke))
            {
                return false;
            }
        }

        for (int i = 0; i + 1 < Definitions.Aliases.Count; i += 2)
        {
            using PowerShell alias = NewPipeline(runspace).AddCommand("Set-Alias").AddParameter("Name", Definitions.Aliases[i]).AddParameter("Value", Definitions.Aliases[i + 1]);
            if (!invoke(alias))
            {
                return false;
            }
        }

        if (Definitions.Usings.Length > 0 && !TryRun(runspace, new SessionUnit(Definitions.Usings, ""), invoke))
        {
            return false;
        }

        Hashtable used = SetValues(runspace);
        if (InitializationScript is null)
        {
            return true;
        }

        using PowerShell initialize = NewPipeline(runspace).AddScript(InitializationScript.Text, useLocalScope: false);
        if (used.Count > 0)
        {
            initialize.AddParameter(UsingParameter, used);
        }

        IsInitializing = true;
        bool goesOn = invoke(initialize);
        IsInitializing = false;
        return goesOn;
    }

    /// <summary>Sets the variables, now that their classes are defined; returns the values of <c>$using:</c> in the initialization script.</summary>
    private Hashtable SetValues(Runspace runspace)
    {
        if (_values.IsEmpty)
        {
            return [];
        }

        SecretBuffers.Begin();
        int length = BinaryPrimitives.ReadInt32LittleEndian(_values.Span);
        foreach ((string name, object? value) in SessionValues.Read(_values.Slice(sizeof(int), length)))
        {
            (BlockModule?.SessionState.PSVariable ?? runspace.SessionStateProxy.PSVariable).Set(name, value);
        }

        var used = (Hashtable)Unwrap(ScriptValues.Read(IpcSerializers.Get(IpcSerializers.DefaultName), _values[(sizeof(int) + length)..]))!;
        SecretBuffers.ClearIfRead(_values);
        return used;
    }

    private static byte[] Join(byte[] variables, ReadOnlySpan<byte> used)
    {
        byte[] joined = new byte[sizeof(int) + variables.Length + used.Length];
        BinaryPrimitives.WriteInt32LittleEndian(joined, variables.Length);
        variables.CopyTo(joined, sizeof(int));
        used.CopyTo(joined.AsSpan(sizeof(int) + variables.Length));
        return joined;
    }

    private static bool TryImport(Runspace runspace, SessionModule module, Func<PowerShell, bool> invoke)
    {
        string name = SessionImport.NameOn(module);
        using PowerShell import = NewPipeline(runspace).AddScript(SessionImport.Script, useLocalScope: true).AddArgument(name).AddArgument(Messages.ModuleNotImported.With(name, "{0}"));
        return invoke(import);
    }

    private static bool TryRun(Runspace runspace, SessionUnit unit, Func<PowerShell, bool> invoke)
    {
        // Parsed with the classes of the session, from which those of the script may derive.
        Runspace before = Runspace.DefaultRunspace;
        Runspace.DefaultRunspace = runspace;
        ScriptBlock script = SessionImport.Parse(unit.Text, unit.File);
        Runspace.DefaultRunspace = before;
        using PowerShell define = NewPipeline(runspace).AddScript(". $args[0]", useLocalScope: false).AddArgument(script);
        return invoke(define);
    }

    /// <summary>Whether the initialization script runs, or has failed.</summary>
    public bool IsInitializing { get; private set; }

    /// <summary>An error that says where it comes from, if it is the initialization script's.</summary>
    /// <param name="error">The error.</param>
    /// <param name="owner">Whose script it is.</param>
    public ErrorRecord Explain(ErrorRecord error, string owner)
    {
        if (!IsInitializing || error.Exception is IpcException)
        {
            return error;
        }

        var explained = new ErrorRecord(
            new RuntimeException(Messages.InitializationScriptFailed.With(owner, error), error.Exception), error.FullyQualifiedErrorId, error.CategoryInfo.Category, error.TargetObject);
        explained.CategoryInfo.Activity = error.CategoryInfo.Activity;
        explained.CategoryInfo.Reason = error.CategoryInfo.Reason;
        explained.CategoryInfo.TargetName = error.CategoryInfo.TargetName;
        explained.CategoryInfo.TargetType = error.CategoryInfo.TargetType;
        StackTraceField?.SetValue(explained, error.ScriptStackTrace);
        return explained;
    }

    private static PowerShell NewPipeline(Runspace runspace)
    {
        PowerShell pipeline = PowerShell.Create();
        pipeline.Runspace = runspace;
        return pipeline;
    }
}
