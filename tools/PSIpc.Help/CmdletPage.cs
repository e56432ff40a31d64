namespace PSIpc.Help;

/// <summary>What a page in <c>docs/cmdlets</c> says about a cmdlet. The form is platyPS's, schema 2.0.0.</summary>
internal sealed record CmdletPage
{
    public required string Name { get; init; }

    public required string Synopsis { get; init; }

    /// <summary>The code of the syntax section, one line for each parameter set.</summary>
    public required IReadOnlyList<string> Syntax { get; init; }

    public required IReadOnlyList<string> Description { get; init; }

    public required IReadOnlyList<PageExample> Examples { get; init; }

    public required IReadOnlyList<PageParameter> Parameters { get; init; }

    public required IReadOnlyList<PageType> Inputs { get; init; }

    public required IReadOnlyList<PageType> Outputs { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    public required IReadOnlyList<PageLink> Links { get; init; }

    /// <summary>Reads a page.</summary>
    /// <exception cref="PageException">A section is missing, or is not in its form.</exception>
    public static CmdletPage Read(string path) => new CmdletPageReader(path).Read();
}

/// <summary>An example: code, what it shows where the page says so, and what is to be said about it.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Code">The code.</param>
/// <param name="Marks">What stands behind <c>powershell</c> in the code's fence: <c>pwsh</c>, <c>no-run</c>.</param>
/// <param name="Output">What it shows, or null.</param>
/// <param name="Remarks">Paragraphs.</param>
/// <param name="Line">The line of the code, from 1.</param>
internal sealed record PageExample(string Title, string Code, string Marks, string? Output, IReadOnlyList<string> Remarks, int Line);

/// <summary>A parameter, with what its yaml blocks say: one for each group of parameter sets in which it is the same.</summary>
internal sealed record PageParameter(string Name, IReadOnlyList<string> Description, IReadOnlyList<PageParameterForm> Forms);

/// <summary>What one yaml block says of a parameter.</summary>
internal sealed record PageParameterForm(IReadOnlyDictionary<string, string> Values)
{
    public string Type => Values["Type"];

    public string[] Sets => Words("Parameter Sets");

    public string[] Aliases => Words("Aliases");

    public bool IsRequired => Values["Required"] == "True";

    public string Position => Values["Position"];

    public string DefaultValue => Values["Default value"];

    public string PipelineInput => Values["Accept pipeline input"];

    public bool AcceptsWildcards => Values["Accept wildcard characters"] == "True";

    private string[] Words(string key) => Values[key].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A type that goes in or comes out.</summary>
internal sealed record PageType(string Name, IReadOnlyList<string> Description);

/// <summary>A related page.</summary>
internal sealed record PageLink(string Text, string Target);
