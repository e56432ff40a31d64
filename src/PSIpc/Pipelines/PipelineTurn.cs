using System.Management.Automation;
using System.Reflection;

namespace PSIpc;

/// <summary>
/// A turn for a cmdlet while a command before it is at work, which the engine gives when that command writes an object: the scope of variables, the right to write, and errors are then as at
/// any other. A marker takes the place of the object; the cmdlet's <c>ProcessRecord</c> gets it as its input.
/// </summary>
/// <remarks>
/// PowerShell has no public way to do this. Used are <c>MshCommandRuntime.InputPipe</c>, <c>Pipe.AddWithoutAppendingOutVarList</c> and <c>Pipe.DownstreamCmdlet</c>, internal since PowerShell 3, seen in 7.4 to
/// 7.6. Where one is missing, the cmdlet writes at its next input, as every cmdlet does.
/// </remarks>
internal sealed class PipelineTurn
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly PropertyInfo? InputPipe = Type.GetType("System.Management.Automation.MshCommandRuntime, System.Management.Automation")?.GetProperty("InputPipe", Any);
    private static readonly MethodInfo? Add = InputPipe?.PropertyType.GetMethod("AddWithoutAppendingOutVarList", Any, [typeof(object)]);
    private static readonly PropertyInfo? Downstream = InputPipe?.PropertyType.GetProperty("DownstreamCmdlet", Any);

    private readonly object _pipe;
    private readonly object[] _marker;
    private bool _isTaken;

    private PipelineTurn(object pipe)
    {
        _pipe = pipe;
        _marker = [this];
    }

    /// <summary>Whether the engine still does it.</summary>
    public bool IsPossible { get; private set; } = true;

    /// <summary>Turns for a cmdlet; null where there is no command before it, or the engine lacks the members.</summary>
    public static PipelineTurn? For(PSCmdlet cmdlet) =>
        Add is not null && cmdlet.CommandRuntime is { } runtime && InputPipe!.DeclaringType!.IsInstanceOfType(runtime)
        && InputPipe.GetValue(runtime) is { } pipe && Downstream?.GetValue(pipe) is not null
            ? new PipelineTurn(pipe)
            : null;

    /// <summary>Has the cmdlet process the marker.</summary>
    public void Take()
    {
        _isTaken = false;
        Add!.Invoke(_pipe, BindingFlags.DoNotWrapExceptions, null, _marker, null);

        // Kept for later, as by -OutBuffer: a turn that does not come cannot be waited for.
        IsPossible = _isTaken;
    }

    /// <summary>Whether an input of the cmdlet is the marker of a turn; notes that it came.</summary>
    public static bool IsMarker(object? input)
    {
        if ((input is PSObject wrapped ? wrapped.BaseObject : input) is not PipelineTurn turn)
        {
            return false;
        }

        turn._isTaken = true;
        return true;
    }
}
