using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Says, once a call, of each function that workers did not find and the caller's session has, how they get it.</summary>
/// <param name="cmdlet">The cmdlet that writes the workers' errors.</param>
/// <param name="remedy">The cmdlet whose -Function passes it on.</param>
internal sealed class FunctionHint(PSCmdlet cmdlet, string remedy)
{
    private const string NotFound = nameof(CommandNotFoundException);

    private readonly HashSet<string> _said = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Looks at a record that is going to be written.</summary>
    public void LookAt(StreamRecord record)
    {
        if (record.Stream is not (StreamKind.Error or StreamKind.Failure))
        {
            return;
        }

        ErrorRecord error = record.AsError();
        string name = error.CategoryInfo.TargetName;
        if (error.FullyQualifiedErrorId == NotFound && !_said.Contains(name) && name.Length > 0 && !name.Contains(':', StringComparison.Ordinal)
            && cmdlet.InvokeProvider.Item.Exists("function:" + WildcardPattern.Escape(name)))
        {
            _said.Add(name);
            cmdlet.WriteWarning(ModuleOf(name) is { } module
                ? Messages.PoolModuleNotPassedOn.With(name, module, remedy)
                : Messages.PoolFunctionNotPassedOn.With(name, remedy));
        }
    }

    /// <summary>The module whose import brings a function, which may need the rest of it; null for a function of none.</summary>
    private string? ModuleOf(string name) =>
        cmdlet.InvokeCommand.GetCommand(name, CommandTypes.Function | CommandTypes.Filter) is FunctionInfo { Module: { Path.Length: > 0 } module }
        && Path.IsPathRooted(module.Path) && module.ExportedFunctions.ContainsKey(name)
            ? module.Name
            : null;
}
