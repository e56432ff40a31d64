using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>The part of the caller's session that a child or worker reproduces: current folder, file system drives and cultures. It is not sent to other machines.</summary>
internal sealed class CallerSession
{
    // The public way to a session's drives, SessionState.Drive, asks the system for its volumes, which takes 100 µs. A scope's own list is internal; checked with PowerShell 7.4 to 7.6. Without it, the public way is used.
    private const BindingFlags Internal = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private static readonly PropertyInfo? State = typeof(SessionState).GetProperty("Internal", Internal);
    private static readonly PropertyInfo? CurrentScope = State?.PropertyType.GetProperty("CurrentScope", Internal);
    private static readonly PropertyInfo? ParentScope = CurrentScope?.PropertyType.GetProperty("Parent", Internal);
    private static readonly PropertyInfo? DrivesOfScope = CurrentScope?.PropertyType.GetProperty("Drives", Internal);

    private const string FileSystem = "FileSystem";

    /// <summary>The current folder, as a path of the caller's session; null leaves the child its own.</summary>
    public string? Folder { get; init; }

    /// <summary>The name of the current culture; null leaves the child its own.</summary>
    public string? Culture { get; init; }

    /// <summary>The name of the current UI culture; null leaves the child its own.</summary>
    public string? UICulture { get; init; }

    /// <summary>File system drives that the caller's session added, as alternating names and roots.</summary>
    public string[] Drives { get; init; } = [];

    /// <summary>Captures the session of a cmdlet, or only the cultures of the calling thread when the cmdlet is null.</summary>
    public static CallerSession Of(PSCmdlet? caller, bool withFolder = true) => new()
    {
        Folder = withFolder ? caller?.SessionState.Path.CurrentFileSystemLocation.Path : null,
        Culture = CultureInfo.CurrentCulture.Name,
        UICulture = CultureInfo.CurrentUICulture.Name,
        Drives = caller is null ? [] : DrivesOf(caller.SessionState),
    };

    /// <summary>Reads the data of <see cref="ToData"/>; null gives an empty session.</summary>
    public static CallerSession FromData(object? data) => Unwrap(data) is not object?[] { Length: 4 } read ? new CallerSession() : new CallerSession
    {
        Folder = (string?)Unwrap(read[0]),
        Culture = (string?)Unwrap(read[1]),
        UICulture = (string?)Unwrap(read[2]),
        Drives = (string[]?)Unwrap(read[3]) ?? [],
    };

    /// <summary>Returns the session as plain data.</summary>
    public object?[] ToData() => [Folder, Culture, UICulture, Drives.Length == 0 ? null : Drives];

    private static string[] DrivesOf(SessionState session)
    {
        List<string>? found = null;
        foreach (PSDriveInfo drive in AllDrives(session))
        {
            if (drive.Provider.Name == FileSystem && !IsOfEverySession(drive) && found?.Contains(drive.Name) != true)
            {
                (found ??= []).AddRange([drive.Name, drive.Root]);
            }
        }

        return found?.ToArray() ?? [];
    }

    private static IEnumerable<PSDriveInfo> AllDrives(SessionState session)
    {
        if (ParentScope is null || DrivesOfScope is null)
        {
            foreach (PSDriveInfo drive in session.Drive.GetAllForProvider(FileSystem))
            {
                yield return drive;
            }

            yield break;
        }

        for (object? scope = CurrentScope!.GetValue(State!.GetValue(session)); scope is not null; scope = ParentScope.GetValue(scope))
        {
            foreach (PSDriveInfo drive in (IEnumerable<PSDriveInfo>)DrivesOfScope.GetValue(scope)!)
            {
                yield return drive;
            }
        }
    }

    /// <summary>Whether each session has the drive: the root, Temp, and the volumes of Windows.</summary>
    private static bool IsOfEverySession(PSDriveInfo drive) =>
        drive.Name is "/" or "Temp" || (OperatingSystem.IsWindows() && drive.Name.Length == 1 && drive.Root.StartsWith($@"{drive.Name}:\", StringComparison.OrdinalIgnoreCase) && drive.Root.Length == 3);
}
