using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSIpc;

/// <summary>
/// The <c>clean</c> block of script blocks: public in PowerShell 7.3 and later, but not in the reference assembly that this is compiled against. An older engine does
/// not parse one.
/// </summary>
internal static class CleanBlocks
{
    private static readonly Func<ScriptBlockAst, NamedBlockAst?>? CleanBlock =
        typeof(ScriptBlockAst).GetProperty("CleanBlock")?.GetMethod?.CreateDelegate<Func<ScriptBlockAst, NamedBlockAst?>>();

    private static readonly Action<SteppablePipeline>? Clean =
        typeof(SteppablePipeline).GetMethod("Clean", Type.EmptyTypes)?.CreateDelegate<Action<SteppablePipeline>>();

    /// <summary>Whether a script block has one.</summary>
    public static bool IsIn(ScriptBlock block) => block.Ast is ScriptBlockAst ast && CleanBlock?.Invoke(ast) is not null;

    /// <summary>Runs that of a pipeline which will not come to its end; nothing where it has run already.</summary>
    public static void Run(SteppablePipeline pipeline) => Clean?.Invoke(pipeline);
}
