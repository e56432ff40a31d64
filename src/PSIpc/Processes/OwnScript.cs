using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Management.Automation.Language;
using System.Reflection;

namespace PSIpc;

/// <summary>
/// Scripts of this module's own that run a user's script block. Their frames do not belong into a script stack trace: the user's first frame is the block.
/// </summary>
internal static class OwnScript
{
    /// <summary>The file that scripts of this module's own name as theirs.</summary>
    public const string Name = "PSIpc";

    private const string FileFrame = $", {Name}: line ";
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    // The frames of a session are in a list of its debugger; the public GetCallStack gives copies. Checked with PowerShell 7.4 to 7.6. Without one of these members
    // a stack trace ends with a frame of this module's.
    private static readonly PropertyInfo? Context = typeof(InternalCommand).GetProperty("Context", Any);
    private static readonly PropertyInfo? Debugger = Context?.PropertyType.GetProperty("Debugger", Any);
    private static readonly FieldInfo? Stack = Debugger?.PropertyType.GetField("_callStack", Any);
    private static readonly FieldInfo? Frames = Stack?.FieldType.GetField("_callStackList", Any);

    /// <summary>Whether a command is one of those that a worker's pipeline consists of, which no user knows.</summary>
    public static bool IsOwnCommand(CommandInfo command) => command is CmdletInfo { ImplementingType: { IsPublic: false } type } && type.Assembly == typeof(OwnScript).Assembly;

    /// <summary>A script block of this module's own.</summary>
    public static ScriptBlock Parse(string text)
    {
        ScriptBlockAst ast = Parser.ParseInput(text, Name, out _, out ParseError[] errors);
        return errors.Length == 0 ? ast.GetScriptBlock() : throw new ParseException(errors);
    }

    /// <summary>Hides the frames that a cmdlet runs in, until the result is disposed.</summary>
    public static IDisposable? HideFrames(PSCmdlet cmdlet) =>
        Context?.GetValue(cmdlet) is { } context && Debugger?.GetValue(context) is { } debugger && Stack?.GetValue(debugger) is { } stack && Frames?.GetValue(stack) is IList frames
            ? new HiddenFrames(frames)
            : null;

    /// <summary>A script stack trace without the frames of scripts of this module's own.</summary>
    public static string? WithoutFrames(string? stackTrace) => stackTrace is null || !stackTrace.Contains(FileFrame, StringComparison.Ordinal)
        ? stackTrace
        : string.Join(Environment.NewLine, stackTrace.Split(Environment.NewLine).Where(static frame => !frame.Contains(FileFrame, StringComparison.Ordinal)));

    /// <summary>Takes frames from the list, and puts them back: the engine removes each at its own end.</summary>
    private sealed class HiddenFrames : IDisposable
    {
        private readonly IList _frames;
        private readonly object?[] _hidden;

        public HiddenFrames(IList frames)
        {
            _frames = frames;
            _hidden = [.. frames.Cast<object?>()];
            frames.Clear();
        }

        public void Dispose()
        {
            for (int i = 0; i < _hidden.Length; i++)
            {
                _frames.Insert(i, _hidden[i]);
            }
        }
    }
}
