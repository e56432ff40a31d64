using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Warns, once a call, of what a script block lacks in the process that it goes to: variables of this session without <c>$using:</c>, and values of its parameters.</summary>
internal static class BlockHint
{
    /// <summary>Warns of a script block and of the initialization script that runs before it.</summary>
    /// <param name="caller">The cmdlet, whose session has the variables.</param>
    /// <param name="block">The script block.</param>
    /// <param name="hasInput">Whether the block runs for objects, which are <c>$_</c>.</param>
    /// <param name="arguments">The arguments of the block.</param>
    /// <param name="request">What of the session is sent.</param>
    public static void Write(PSCmdlet caller, ScriptBlock block, bool hasInput, object?[]? arguments, SessionRequest request)
    {
        BlockReading reading = BlockReading.Of(block);
        if (request.Transfer == SessionTransfer.None)
        {
            WriteVariables(caller, reading, [.. request.Prepared.Variables, .. request.Variables]);
        }

        if (hasInput && arguments is not { Length: > 0 } && reading.PlainParameters is [var first, ..] && !reading.TakesInput)
        {
            caller.WriteWarning(Messages.BlockParameterNotBound.With(first));
        }
    }

    /// <summary>Warns of an initialization script.</summary>
    public static void WriteInitialization(PSCmdlet caller, ScriptBlock? script, SessionRequest request)
    {
        if (script is not null && request.Transfer == SessionTransfer.None)
        {
            WriteVariables(caller, BlockReading.Of(script), request.Variables);
        }
    }

    private static void WriteVariables(PSCmdlet caller, BlockReading reading, IReadOnlyCollection<string> prepared)
    {
        List<string>? forgotten = null;
        foreach (string name in reading.FreeVariables)
        {
            if (caller.SessionState.PSVariable.GetValue(name) is not null && !prepared.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                (forgotten ??= []).Add(name);
            }
        }

        if (forgotten is not null)
        {
            caller.WriteWarning(Messages.BlockVariableNotPassedOn.With(string.Join(", ", forgotten.Select(n => $"${n}")), string.Join(", ", forgotten.Select(n => $"$using:{n}"))));
        }
    }
}
