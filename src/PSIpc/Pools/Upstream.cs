using System.Management.Automation;
using System.Reflection;

namespace PSIpc;

/// <summary>Ends the commands before a cmdlet in its pipeline, as <c>Select-Object -First</c> does.</summary>
internal static class Upstream
{
    // Internal, with this constructor since PowerShell 3.
    private static readonly ConstructorInfo? Constructor = Find();

    /// <summary>Ends them. The cmdlet's own EndProcessing is not called after this. Where the engine has no such thing, this returns.</summary>
    /// <exception cref="Exception">The engine's own, which is to be let through.</exception>
    public static void Stop(PSCmdlet cmdlet)
    {
        if (Constructor is not null)
        {
            throw (Exception)Constructor.Invoke([cmdlet]);
        }
    }

    private static ConstructorInfo? Find() => typeof(PSCmdlet).Assembly
        .GetType("System.Management.Automation.StopUpstreamCommandsException")?
        .GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
        .FirstOrDefault(c => c.GetParameters() is [var only] && only.ParameterType.IsAssignableFrom(typeof(PSCmdlet)));
}
