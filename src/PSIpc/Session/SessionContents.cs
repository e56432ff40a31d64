using System.Management.Automation;

namespace PSIpc;

/// <summary>Everything that a script block gets of the caller's session in another process: definitions, values of variables, and the warnings about them.</summary>
internal sealed class SessionContents
{
    private const int LargeBytes = 16 << 20;

    /// <summary>Nothing.</summary>
    public static readonly SessionContents None = new();

    private SessionPlan? _plan;

    /// <summary>What is defined there.</summary>
    public SessionDefinitions Definitions => _plan?.Definitions ?? SessionDefinitions.Empty;

    /// <summary>Variables: names and values.</summary>
    public IReadOnlyList<KeyValuePair<string, object?>> Variables { get; private set; } = [];

    /// <summary>Finds it.</summary>
    /// <param name="caller">The cmdlet in whose session names are looked up.</param>
    /// <param name="block">The script block; null for what is asked for by name only.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="isBound">Whether the script block runs in its module, and with the using statements of its file.</param>
    /// <exception cref="Core.IpcException"><see cref="Core.IpcErrorKind.NotFound"/> for a function or variable that the session does not have.</exception>
    public static SessionContents Of(IpcCmdlet caller, ScriptBlock? block, SessionRequest request, bool isBound)
    {
        ScriptBlock[] roots = request.Transfer == SessionTransfer.None ? [] : [.. request.Values.Select(PSObjectValue.Unwrap).OfType<ScriptBlock>()];
        bool isPlain = roots.Length == 0 && request.Functions.Length == 0 && request.Modules.Length == 0 && request.Variables.Length == 0;
        if (isPlain && (block is null || request.Transfer == SessionTransfer.None))
        {
            return None;
        }

        SessionPlan? plan = isPlain ? SessionPlans.Of(caller, block!, isBound) : null;
        if (plan is null || plan.Definitions.Functions.Intersect(request.Prepared.Functions, StringComparer.OrdinalIgnoreCase).Any())
        {
            plan = Resolve(caller, block, request, roots, isBound);
        }

        List<KeyValuePair<string, object?>> values = Values(caller, plan, request);

        // Script blocks among the values of variables name things, too.
        while (request.Transfer == SessionTransfer.Named && values.Select(static v => PSObjectValue.Unwrap(v.Value)).OfType<ScriptBlock>().Except(roots).ToArray() is { Length: > 0 } more)
        {
            roots = [.. roots, .. more];
            plan = Resolve(caller, block, request, roots, isBound);
            values = Values(caller, plan, request);
        }

        return new SessionContents { _plan = plan, Variables = values };
    }

    /// <summary>Says what the caller should know, and with -Verbose what is sent.</summary>
    public void Write(IpcCmdlet caller, SessionValues values)
    {
        foreach (string warning in (_plan?.Warnings ?? []).Concat(values.Warnings))
        {
            caller.WriteWarning(warning);
        }

        if (_plan is null || (Definitions.IsEmpty && Variables.Count == 0) || !CallerStreams.WantsVerbose(caller))
        {
            return;
        }

        string[] parts =
        [
            .. Part("functions", Definitions.Functions),
            .. Part("aliases", Definitions.Aliases.Where(static (_, i) => i % 2 == 0)),
            .. Part("types", _plan.TypeNames),
            .. Part("modules", Definitions.Modules.Append(Definitions.BlockModule).OfType<SessionModule>().Select(static m => m.Path)),
            .. Part("using", Definitions.Usings.Length == 0 ? [] : [Definitions.Usings]),
            .. Part("variables", values.Sizes.Select(static v => $"${v.Name} ({ReadableSize.Of(v.Bytes)})")),
        ];
        caller.WriteVerbose($"Sent of this session: {string.Join("; ", parts)}. Definitions: {ReadableSize.Of(Definitions.Bytes.Length)}, once to each worker.");
    }

    private static string[] Part(string kind, IEnumerable<string> names)
    {
        string list = string.Join(", ", names);
        return list.Length == 0 ? [] : [$"{kind} {list}"];
    }

    private static SessionPlan Resolve(PSCmdlet caller, ScriptBlock? block, SessionRequest request, ScriptBlock[] roots, bool isBound)
    {
        var resolver = new SessionResolver(caller) { Follows = request.Transfer == SessionTransfer.Named, Prepared = request.Prepared.Functions };
        foreach (SessionModule module in request.Modules.SelectMany(m => SessionNames.Modules(caller, m)))
        {
            resolver.AddModule(module);
        }

        if (block is not null && request.Transfer == SessionTransfer.Named)
        {
            resolver.AddBlock(block, isBound);
        }

        Array.ForEach(roots, r => resolver.AddBlock(r, isBound: false));
        foreach (FunctionInfo function in request.Functions.SelectMany(f => SessionNames.Functions(caller, f)))
        {
            resolver.AddFunction(function);
        }

        return resolver.Resolve();
    }

    private static List<KeyValuePair<string, object?>> Values(PSCmdlet caller, SessionPlan plan, SessionRequest request)
    {
        var values = new List<KeyValuePair<string, object?>>();
        foreach (PSVariable variable in request.Variables.SelectMany(v => SessionNames.Variables(caller, v)))
        {
            values.Add(new(variable.Name, variable.Value));
        }

        foreach (SessionVariable variable in request.Transfer == SessionTransfer.None ? [] : plan.Variables)
        {
            if (variable.Find(caller) is not { Value: { } value } found || request.Prepared.Variables.Contains(variable.Name, StringComparer.OrdinalIgnoreCase)
                || values.Exists(v => v.Key.Equals(variable.Name, StringComparison.OrdinalIgnoreCase)) || IsOfModule(plan.BlockModule, found))
            {
                continue;
            }

            values.Add(new(found.Name, value));
        }

        return values;
    }

    /// <summary>Whether a variable is one that the script block's module sets when it is imported.</summary>
    private static bool IsOfModule(PSModuleInfo? module, PSVariable variable) =>
        module?.SessionState is { } session && ReferenceEquals(session.PSVariable.Get("script:" + variable.Name), variable);

    /// <summary>Whether a variable is so large that its caller should know.</summary>
    public static bool IsLarge(int bytes) => bytes > LargeBytes;
}
