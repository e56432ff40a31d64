using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Resolves the names and patterns of -Function, -Module and -Variable in the caller's session.</summary>
internal static class SessionNames
{
    /// <summary>The functions of a name, or of a pattern: those of modules need the rest of theirs, so a pattern means the others, and those of the module that calls.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>.</exception>
    public static FunctionInfo[] Functions(PSCmdlet caller, string name)
    {
        const CommandTypes Functions = CommandTypes.Function | CommandTypes.Filter;
        FunctionInfo[] found = WildcardPattern.ContainsWildcardCharacters(name)
            ? [.. caller.InvokeCommand.GetCommands(name, Functions, nameIsPattern: true).OfType<FunctionInfo>()
                .Where(f => f.ModuleName is null or "" || f.ModuleName == caller.SessionState.Module?.Name).DistinctBy(f => f.Name, StringComparer.OrdinalIgnoreCase)]
            : caller.InvokeCommand.GetCommand(name, Functions) is FunctionInfo one ? [one] : [];
        return found.Length > 0 ? found : throw new IpcException(IpcErrorKind.NotFound, Messages.FunctionNotFound.With(name), name);
    }

    /// <summary>The modules of a name or a path; of a pattern, those that the session has loaded from files. One that it has loaded is imported from where it was loaded.</summary>
    public static SessionModule[] Modules(PSCmdlet caller, string module)
    {
        if (module.Contains('/', StringComparison.Ordinal) || module.Contains('\\', StringComparison.Ordinal))
        {
            string path = caller.SessionState.Path.GetUnresolvedProviderPathFromPSPath(module);
            return [new SessionModule(path, path)];
        }

        bool isPattern = WildcardPattern.ContainsWildcardCharacters(module);
        using var session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        SessionModule[] loaded = [.. session.AddCommand("Get-Module").AddParameter("Name", module).Invoke<PSModuleInfo>().Where(static m => m.Path is { Length: > 0 } && Path.IsPathRooted(m.Path)).Select(SessionResolver.ModuleOf)];
        return isPattern ? loaded : loaded.Length > 0 ? loaded[..1] : [new SessionModule(module, module)];
    }

    /// <summary>The variables of a name or a pattern; a pattern does not mean automatic and preference variables.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>.</exception>
    public static PSVariable[] Variables(PSCmdlet caller, string name)
    {
        PSVariable[] found = WildcardPattern.ContainsWildcardCharacters(name)
            ? [.. caller.InvokeProvider.Item.Get("variable:" + name).Select(static v => v.BaseObject).OfType<PSVariable>().Where(static v => !BlockReading.IsAutomatic(v.Name))]
            : caller.SessionState.PSVariable.Get(name.TrimStart('$')) is { } one ? [one] : [];
        return found.Length > 0 ? found : throw new IpcException(IpcErrorKind.NotFound, Messages.VariableNotFound.With(name), name);
    }
}
