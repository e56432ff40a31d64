using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Language;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Imports modules in a worker, and parses the scripts that define functions and classes there.</summary>
internal static class SessionImport
{
    /// <summary>The script that takes back what using statements set: the namespace that each session has.</summary>
    public const string NoUsings = "using namespace System";

    /// <summary>Imports a module; an error says which one, since the error of a script in it would not.</summary>
    public const string Script = """
        param($Name, $Text, $More = @{})
        try { Microsoft.PowerShell.Core\Import-Module -Name $Name -ErrorAction Stop @More }
        catch { $_.ErrorDetails = [Management.Automation.ErrorDetails]::new($Text.Replace('{0}', "$_")); throw $_ }
        """;

    private static readonly ScriptBlock ImportScript = OwnScript.Parse(Script);

    // There is no item yet to which a warning would belong.
    private static readonly Hashtable Quietly = new() { ["PassThru"] = true, ["DisableNameChecking"] = true, ["WarningAction"] = ActionPreference.SilentlyContinue };

    /// <summary>Imports a module from its path or, on a machine that has no such path, by its name.</summary>
    public static PSModuleInfo? Import(CommandInvocationIntrinsics commands, SessionModule module)
    {
        string name = NameOn(module);
        Collection<PSObject> imported = commands.InvokeScript(useLocalScope: true, ImportScript, null, name, Messages.ModuleNotImported.With(name, "{0}"), Quietly);
        return imported.Select(static m => m?.BaseObject).OfType<PSModuleInfo>().FirstOrDefault();
    }

    /// <summary>The path of a module, or its name where this machine has no such path.</summary>
    public static string NameOn(SessionModule module) => !Path.IsPathRooted(module.Path) || File.Exists(module.Path) || Directory.Exists(module.Path) ? module.Path : module.Name;

    /// <summary>Parses a script of a file, or of none.</summary>
    /// <exception cref="ParseException">The text is no script.</exception>
    public static ScriptBlock Parse(string text, string file)
    {
        ScriptBlockAst ast = file.Length == 0 ? Parser.ParseInput(text, out _, out ParseError[] errors) : Parser.ParseInput(text, file, out _, out errors);
        return errors.Length == 0 ? ast.GetScriptBlock() : throw new ParseException(errors);
    }
}
