using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using PSIpc;

/// <summary>What the runtime calls before the main method of a child's program; <see cref="ChildStartup"/> has put it there.</summary>
[SuppressMessage("Design", "CA1050", Justification = "The runtime looks for a type of this name in no namespace.")]
[SuppressMessage("Performance", "CA1812", Justification = "The runtime calls it.")]
internal static class StartupHook
{
    /// <summary>Serves the parent, if this process is a child that a parent has just started. The process ends then, and the main method is never called.</summary>
    public static void Initialize()
    {
        // The runtime has loaded this assembly alone. Loaded as Import-Module does, its neighbors are found, too.
        Assembly.LoadFrom(typeof(StartupHook).Assembly.Location);
        Serve();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Serve()
    {
        switch (ChildStartup.TakeAway())
        {
            case (nameof(IpcWorker.Run), var link):
                IpcWorker.Run(link);
                break;
            case (nameof(IpcWorker.RunPool), var link):
                IpcWorker.RunPool(link);
                break;
        }
    }
}
