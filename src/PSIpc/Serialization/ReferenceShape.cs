using System.Collections;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// How a live object travels in Json and CliXml: an object with the one property <c>$ipc</c>, which has the properties <c>kind</c>,
/// <c>name</c> and <c>directory</c>. Whatever differs in anything is data like any other.
/// </summary>
internal static class ReferenceShape
{
    /// <summary>The property that makes it one.</summary>
    public const string Property = "$ipc";

    /// <summary>The names of the parts.</summary>
    public const string Kind = "kind";
    public const string Name = "name";
    public const string Directory = "directory";

    /// <summary>The object that stands for a live one.</summary>
    public static PSObject StandInFor(IIpcObject live)
    {
        IpcReference reference = live.Reference;
        var parts = new PSObject();
        parts.Properties.Add(new PSNoteProperty(Kind, (int)reference.Kind));
        parts.Properties.Add(new PSNoteProperty(Name, reference.Name));
        parts.Properties.Add(new PSNoteProperty(Directory, reference.Directory));
        var standIn = new PSObject();
        standIn.Properties.Add(new PSNoteProperty(Property, parts));
        return standIn;
    }

    /// <summary>The live object that an object stands for; null when it stands for none.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/> or <see cref="IpcErrorKind.NotFound"/>.</exception>
    public static IIpcObject? TryOpen(object? candidate)
    {
        if (Part(candidate, Property, 1) is not { } parts)
        {
            return null;
        }

        return Plain(Part(parts, Kind, 3)) is int kind && Plain(Part(parts, Name, 3)) is string name && Plain(Part(parts, Directory, 3)) is string directory
            ? new IpcReference((ObjectKind)kind, name, directory).Open()
            : null;
    }

    /// <summary>A property of an object that has exactly so many.</summary>
    private static object? Part(object? value, string name, int count) => value switch
    {
        PSObject { BaseObject: PSCustomObject } custom => custom.Properties[name] is { } found && custom.Properties.Count() == count ? found.Value : null,
        PSObject { BaseObject: IDictionary wrapped } => Part(wrapped, name, count),
        IDictionary table => table.Count == count ? table[name] : null,
        _ => null,
    };

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
