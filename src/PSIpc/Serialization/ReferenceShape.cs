using System.Collections;
using System.Globalization;
using System.Management.Automation;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>
/// How a live object travels in Json and CliXml: an object with the one property <c>$ipc</c>, which has the properties <c>kind</c>,
/// <c>name</c>, <c>directory</c> and <c>part</c>. Whatever differs in anything is data like any other.
/// </summary>
internal static class ReferenceShape
{
    /// <summary>The property that makes it one.</summary>
    public const string Property = "$ipc";

    /// <summary>The names of the parts.</summary>
    public const string Kind = "kind";
    public const string Name = "name";
    public const string Directory = "directory";
    public const string Part = "part";

    private const int PartCount = 4;

    /// <summary>The object that stands for a live one.</summary>
    public static PSObject StandInFor(IIpcObject live)
    {
        IpcReference reference = live.PassOn();
        var parts = new PSObject();
        parts.Properties.Add(new PSNoteProperty(Kind, (int)reference.Kind));
        parts.Properties.Add(new PSNoteProperty(Name, reference.Name));
        parts.Properties.Add(new PSNoteProperty(Directory, reference.Directory));
        parts.Properties.Add(new PSNoteProperty(Part, reference.Part));
        var standIn = new PSObject();
        standIn.Properties.Add(new PSNoteProperty(Property, parts));
        return standIn;
    }

    /// <summary>The live object that an object stands for; null when it stands for none.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    public static IIpcObject? TryOpen(object? candidate)
    {
        if (Get(candidate, Property, 1) is not { } parts)
        {
            return null;
        }

        return Unwrap(Get(parts, Kind, PartCount)) is int kind && Unwrap(Get(parts, Name, PartCount)) is string name
            && Unwrap(Get(parts, Directory, PartCount)) is string directory && Unwrap(Get(parts, Part, PartCount)) is int or long
            ? new IpcReference((ObjectKind)kind, name, directory, Convert.ToInt64(Unwrap(Get(parts, Part, PartCount)), CultureInfo.InvariantCulture)).OpenOrMissing()
            : null;
    }

    /// <summary>A property of an object that has exactly so many.</summary>
    private static object? Get(object? value, string name, int count) => value switch
    {
        PSObject { BaseObject: PSCustomObject } custom => custom.Properties[name] is { } found && custom.Properties.Count() == count ? found.Value : null,
        PSObject { BaseObject: IDictionary wrapped } => Get(wrapped, name, count),
        IDictionary table => table.Count == count ? table[name] : null,
        _ => null,
    };
}
