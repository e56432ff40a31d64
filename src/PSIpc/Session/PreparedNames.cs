using System.Management.Automation;

namespace PSIpc;

/// <summary>Names that the initialization script of a pool or process defines. They are not sent with a call.</summary>
/// <param name="Variables">Variables that it sets.</param>
/// <param name="Functions">Functions that it defines.</param>
internal sealed record PreparedNames(IReadOnlyCollection<string> Variables, IReadOnlyCollection<string> Functions)
{
    /// <summary>No names.</summary>
    public static readonly PreparedNames None = new([], []);

    /// <summary>The names of an initialization script; none without one.</summary>
    public static PreparedNames Of(ScriptBlock? script) => script is null ? None : new(BlockReading.Of(script).SetVariables, NameReading.Of(script.Ast).OwnCommands);
}
