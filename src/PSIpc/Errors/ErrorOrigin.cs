using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSIpc;

/// <summary>The command that wrote an error and its position in a script, as plain data: what remains of an error's InvocationInfo in another process.</summary>
/// <param name="Command">The name of the command; null where a statement failed that is no command.</param>
/// <param name="CommandType">The command's type.</param>
/// <param name="InvocationName">The name by which it was called.</param>
/// <param name="File">The path of the script file; null where the script is of no file.</param>
/// <param name="Start">Where the statement begins.</param>
/// <param name="End">Where it ends.</param>
internal sealed record ErrorOrigin(string? Command, CommandTypes CommandType, string? InvocationName, string? File, ErrorOrigin.Place Start, ErrorOrigin.Place End)
{
    // A line of a minified script is not for display.
    private const int MaxLineLength = 1000;

    /// <summary>The origin of an error; null where its InvocationInfo names neither a command nor a position.</summary>
    public static ErrorOrigin? Of(ErrorRecord error)
    {
        if (error.InvocationInfo is not { } invocation)
        {
            return null;
        }

        // The command of an error in a script block can be the script block, whose name is empty.
        CommandInfo? command = invocation.MyCommand is { Name.Length: > 0, CommandType: not CommandTypes.Script } named && !OwnScript.IsOwnCommand(named) ? named : null;
        string? invocationName = command is null ? null : invocation.InvocationName;
        IScriptExtent? extent = EngineErrorMembers.PositionOf(invocation);
        Place start = PlaceOf(extent?.StartScriptPosition);
        Place end = PlaceOf(extent?.EndScriptPosition);
        if (start.Line == 0)
        {
            return command is null ? null : new ErrorOrigin(command.Name, command.CommandType, invocationName, null, default, default);
        }

        return new ErrorOrigin(command?.Name, command?.CommandType ?? 0, invocationName, extent!.File, start, end);
    }

    /// <summary>The origin as an error record carries it; null where the engine cannot make one.</summary>
    public InvocationInfo? ToInvocationInfo()
    {
        IScriptExtent? extent = Extent();
        var properties = new PSObject();
        void Add(string name, object? value) => properties.Properties.Add(new PSNoteProperty(name, value));

        // The names that remoting gives them.
        Add("InvocationInfo_CommandOrigin", PSObject.AsPSObject(CommandOrigin.Internal));
        Add("InvocationInfo_ExpectingInput", false);
        Add("InvocationInfo_InvocationName", InvocationName ?? "");
        Add("InvocationInfo_HistoryId", 0L);
        Add("InvocationInfo_PipelineLength", 0);
        Add("InvocationInfo_PipelinePosition", 0);
        Add("InvocationInfo_ScriptName", File);
        Add("InvocationInfo_ScriptLineNumber", Start.Line);
        Add("InvocationInfo_OffsetInLine", Start.Column);
        Add("InvocationInfo_Line", Start.Text ?? "");
        Add("InvocationInfo_BoundParameters", PSObject.AsPSObject(new Hashtable()));
        Add("InvocationInfo_UnboundArguments", PSObject.AsPSObject(new ArrayList()));
        Add("SerializeExtent", false);
        if (Command is not null)
        {
            Add("CommandInfo_CommandType", PSObject.AsPSObject(CommandType));
            Add("CommandInfo_Name", Command);
            Add("CommandInfo_Definition", "");
            Add("CommandInfo_Visibility", PSObject.AsPSObject(SessionStateEntryVisibility.Public));
        }

        InvocationInfo? invocation = EngineErrorMembers.CreateInvocationInfo(properties)
            ?? (extent is null ? null : InvocationInfo.Create(null, extent));
        if (invocation is not null && extent is not null)
        {
            invocation.DisplayScriptPosition = extent;
        }

        return invocation;
    }

    private static Place PlaceOf(IScriptPosition? position) => position is null || position.LineNumber < 1
        ? default
        : new Place(position.LineNumber, position.ColumnNumber, position.Line is { Length: <= MaxLineLength } line ? line.TrimEnd('\r', '\n') : "");

    private ScriptExtent? Extent()
    {
        if (Start.Line < 1)
        {
            return null;
        }

        (Place start, Place end) = (Start.Checked(), End.Checked());
        bool isInOrder = end.Line > start.Line || (end.Line == start.Line && end.Column >= start.Column && end.Text == start.Text);
        return new ScriptExtent(PositionOf(start), PositionOf(isInOrder ? end : start));
    }

    private ScriptPosition PositionOf(Place place) => new(File, place.Line, place.Column, place.Text);

    /// <summary>A place in a script: line and column from 1, and the text of the line; line 0 for none.</summary>
    internal readonly record struct Place(int Line, int Column, string? Text)
    {
        /// <summary>The place with a column that its text has, whatever came.</summary>
        public Place Checked() => this with { Column = Column >= 1 && Column <= (Text?.Length ?? 0) + 1 ? Column : 1 };
    }
}
