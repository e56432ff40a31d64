using System.Collections;
using System.Management.Automation;

namespace PSIpc;

/// <summary>What is to be completed.</summary>
/// <param name="Command">The command's name.</param>
/// <param name="Start">What was typed of the argument, without quotes.</param>
/// <param name="Arguments">The command's other arguments, as far as they are known without running anything.</param>
internal sealed record CompletionRequest(string Command, string Start, IDictionary Arguments)
{
    /// <summary>Another argument; null where it was not given.</summary>
    public object? Argument(string parameter) => Arguments[parameter] is PSObject wrapped ? wrapped.BaseObject : Arguments[parameter];
}

/// <summary>A name that is offered.</summary>
/// <param name="Name">The name.</param>
/// <param name="ToolTip">One line on it; the name where it is empty.</param>
internal readonly record struct CompletionName(string Name, string ToolTip = "");
