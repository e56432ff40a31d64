using System.Management.Automation;
using System.Text;
using PSIpc.Host.Terminal;

namespace PSIpc.Host.Commands;

/// <summary>
/// Out-String: objects as the text that the console would show. The engine itself calls it to give objects to a native command, and it is
/// in an assembly that only an installed PowerShell has.
/// </summary>
[Cmdlet(VerbsData.Out, "String")]
[OutputType(typeof(string))]
public sealed class OutStringCommand : PSCmdlet, IDisposable
{
    private readonly StringBuilder _text = new();
    private SteppablePipeline? _formatter;

    /// <summary>The objects.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Gives each line by itself, as it comes, instead of one text at the end.</summary>
    [Parameter]
    public SwitchParameter Stream { get; set; }

    /// <summary>Leaves out the line ends between objects.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <summary>The columns to fill; the console's when it is not given.</summary>
    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int Width { get; set; }

    /// <inheritdoc/>
    public void Dispose() => _formatter?.Dispose();

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _formatter = ScriptBlock.Create("Out-Host").GetSteppablePipeline(MyInvocation.CommandOrigin);
        Format(formatter => formatter.Begin(expectInput: true));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Format(formatter => formatter.Process(InputObject));

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Format(formatter => formatter.End());
        if (!Stream)
        {
            WriteObject(_text.ToString());
        }
    }

    private void Format(Action<SteppablePipeline> step)
    {
        using (new OutputCapture(_text, Width == 0 ? null : Width))
        {
            step(_formatter!);
        }

        if (NoNewline)
        {
            _text.Replace(Environment.NewLine, "");
        }
        else if (Stream)
        {
            WriteLines();
        }
    }

    private void WriteLines()
    {
        string text = _text.ToString();
        int start = 0;
        for (int end = text.IndexOf('\n', StringComparison.Ordinal); end >= 0; end = text.IndexOf('\n', start))
        {
            WriteObject(text[start..end].TrimEnd('\r'));
            start = end + 1;
        }

        _text.Remove(0, start);
    }
}
