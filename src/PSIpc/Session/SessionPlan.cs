using System.Management.Automation;

namespace PSIpc;

/// <summary>The result of resolving a script block: its definitions, and the variables whose values are sent with each call.</summary>
internal sealed class SessionPlan
{
    /// <summary>What other processes define.</summary>
    public required SessionDefinitions Definitions { get; init; }

    /// <summary>The names of the classes and enums.</summary>
    public required IReadOnlyList<string> TypeNames { get; init; }

    /// <summary>Variables that are read.</summary>
    public required IReadOnlyList<SessionVariable> Variables { get; init; }

    /// <summary>The module in which the script block stands and runs.</summary>
    public required PSModuleInfo? BlockModule { get; init; }

    /// <summary>Names of commands and what they meant; null where they were looked up in modules, too.</summary>
    public required KeyValuePair<string, object?>[]? Lookups { get; init; }

    /// <summary>What the caller should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Whether each name means the same in a session now.</summary>
    public bool IsCurrent(PSCmdlet caller)
    {
        if (Lookups is null)
        {
            return false;
        }

        foreach ((string name, object? identity) in Lookups)
        {
            object? now = SessionResolver.IdentityOf(SessionResolver.Find(caller, name));
            if (!ReferenceEquals(now, identity) && !(now is string text && text.Equals(identity as string, StringComparison.Ordinal)))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>A variable that a script block or a function reads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsScript">Whether it is read of the script scope or the global one.</param>
/// <param name="Module">The module in whose session it is looked up; null for the caller's.</param>
internal sealed record SessionVariable(string Name, bool IsScript, PSModuleInfo? Module)
{
    /// <summary>Whether its value is sent.</summary>
    public bool IsSent { get; private init; } = true;

    /// <summary>A variable that only its module has.</summary>
    public static SessionVariable NotSent(string name) => new(name, IsScript: true, null) { IsSent = false };

    /// <summary>The variable in the session of a cmdlet; null where there is none.</summary>
    public PSVariable? Find(PSCmdlet caller)
    {
        if (!IsSent)
        {
            return null;
        }

        PSVariableIntrinsics session = Module?.SessionState?.PSVariable ?? caller.SessionState.PSVariable;
        PSVariable? found = IsScript ? session.Get("script:" + Name) ?? session.Get("global:" + Name) : session.Get(Name);
        return found ?? (Module is null ? null : caller.SessionState.PSVariable.Get(Name));
    }
}
