using PSIpc.Core.Diagnostics;
using PSIpc.Core.Platforms.Linux;
using PSIpc.Core.Platforms.MacOS;
using PSIpc.Core.Platforms.Windows;

namespace PSIpc.Core.Platforms;

/// <summary>The pieces of the operating system that this process runs on.</summary>
internal static class Platform
{
    /// <summary>Files, their locks and their mappings.</summary>
    public static IFilePlatform Files { get; } =
        OperatingSystem.IsWindows() ? new WindowsFiles()
        : OperatingSystem.IsMacOS() ? new MacFiles()
        : new LinuxFiles();

    /// <summary>Sleeping and waking.</summary>
    public static IWaitPlatform Waits { get; } = new MeasuredWait(
        OperatingSystem.IsWindows() ? new WindowsWait()
        : OperatingSystem.IsMacOS() ? new MacWait()
        : new LinuxWait());

    /// <summary>Waiting for sockets.</summary>
    public static ISocketPlatform Sockets { get; } = OperatingSystem.IsLinux() ? new LinuxSockets() : new SlicedSockets();

    /// <summary>Child processes and what they start.</summary>
    public static IProcessTreePlatform ProcessTrees { get; } =
        OperatingSystem.IsWindows() ? new WindowsProcessTrees()
        : OperatingSystem.IsMacOS() ? new MacProcessTrees()
        : new LinuxProcessTrees();
}
