using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace PSIpc;

/// <summary>An error of an item of a process pool: an ErrorRecord whose view names the item. Its message is that of the error.</summary>
public sealed class ItemErrorRecord : ErrorRecord
{
    // Formatting asks for a view at each error, and to look it up takes longer than to show it.
    private static readonly ConditionalWeakTable<Runspace, ScriptBlock[]> Views = [];

    internal ItemErrorRecord(ErrorRecord error, string item)
        : base(error, null) => Item = item;

    /// <summary>A short text of the item, without line breaks; the item itself is in TargetObject where the error ended the item.</summary>
    public string Item { get; }

    /// <summary>The text of the error's view: that of the session's own view of errors, with the item before the message.</summary>
    public string GetViewText()
    {
        ErrorRecord shown = ForCatch();
        string described = shown.ErrorDetails.Message;
        if (Runspace.DefaultRunspace is not { } runspace)
        {
            return described;
        }

        ScriptBlock[] view = Views.GetValue(runspace, static _ => FindView());
        return view.Length == 0
            ? described
            : string.Concat(view.SelectMany(part => part.InvokeWithContext(null, [new PSVariable("_", PSObject.AsPSObject(shown))])));
    }

    /// <summary>An error with the item in its message: what stops a script arrives in <c>catch</c> as a copy, which keeps the message only.</summary>
    internal ErrorRecord ForCatch()
    {
        string message = string.IsNullOrEmpty(ErrorDetails?.Message) ? Exception.Message : ErrorDetails.Message;
        return new ErrorRecord(this, null) { ErrorDetails = new ErrorDetails($"item '{Item}': {message}") { RecommendedAction = ErrorDetails?.RecommendedAction } };
    }

    /// <summary>The scripts of the session's own view of errors; none where it is made of something else.</summary>
    private static ScriptBlock[] FindView()
    {
        using var session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        session.AddCommand("Get-FormatData").AddParameter("TypeName", typeof(ErrorRecord).FullName).AddParameter("PowerShellVersion", new Version(7, 4));
        CustomControl? control;
        try
        {
            control = session.Invoke<ExtendedTypeDefinition>().FirstOrDefault()?.FormatViewDefinition.Select(v => v.Control).OfType<CustomControl>().FirstOrDefault();
        }
        catch (CommandNotFoundException)
        {
            return []; // A session without the module Microsoft.PowerShell.Utility.
        }

        List<CustomItemBase> items = control?.Entries.FirstOrDefault()?.CustomItems ?? [];
        return items.TrueForAll(static i => i is CustomItemExpression { Expression.ValueType: DisplayEntryValueType.ScriptBlock })
            ? [.. items.Cast<CustomItemExpression>().Select(static i => ScriptBlock.Create(i.Expression.Value))]
            : [];
    }
}
