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
    /// <param name="prepared">Variables that are set before the block runs.</param>
    public static void Write(PSCmdlet caller, ScriptBlock block, bool hasInput, object?[]? arguments, IReadOnlyCollection<string> prepared)
    {
        BlockReading reading = BlockReading.Of(block);
        WriteVariables(caller, reading, prepared);
        if (hasInput && arguments is not { Length: > 0 } && reading.PlainParameters is [var first, ..] && !reading.TakesInput)
        {
            caller.WriteWarning(Messages.BlockParameterNotBound.With(first));
        }
    }

    /// <summary>Warns of an initialization script; returns the variables that it sets.</summary>
    public static IReadOnlyCollection<string> WriteInitialization(PSCmdlet caller, ScriptBlock? script)
    {
        if (script is null)
        {
            return [];
        }

        BlockReading reading = BlockReading.Of(script);
        WriteVariables(caller, reading, []);
        return reading.SetVariables;
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
