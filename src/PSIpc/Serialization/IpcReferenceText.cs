using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// How a live object travels in Json and CliXml: an object with the one property <c>$ipc</c>, a text of kind, name and folder between
/// line feeds, which no name and no kind has in it.
/// </summary>
internal static class IpcReferenceText
{
    /// <summary>The property's name.</summary>
    public const string Property = "$ipc";

    /// <summary>The reference of a live object.</summary>
    public static string Write(IpcReference reference) => $"{(int)reference.Kind}\n{reference.Name}\n{reference.Directory}";

    /// <summary>Opens the object of a reference.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/> or <see cref="IpcErrorKind.NotFound"/>.</exception>
    public static IIpcObject Open(string text)
    {
        string[] parts = text.Split('\n');
        return parts.Length == 3 && int.TryParse(parts[0], out int kind)
            ? new IpcReference((ObjectKind)kind, parts[1], parts[2]).Open()
            : throw new IpcException(IpcErrorKind.CorruptData, $"'{text}' is not a reference to an IPC object.");
    }

    /// <summary>A live object as the object that stands for it; anything else as it is.</summary>
    public static object? Replace(object? value)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (plain is not IIpcObject live)
        {
            return value;
        }

        var standIn = new PSObject();
        standIn.Properties.Add(new PSNoteProperty(Property, Write(live.Reference)));
        return standIn;
    }

    /// <summary>The live object that an object stands for; anything else as it is.</summary>
    public static object? Restore(object? value)
    {
        if (value is not PSObject { BaseObject: PSCustomObject } candidate || candidate.Properties[Property]?.Value is not { } reference)
        {
            return value;
        }

        return Open(reference.ToString()!);
    }
}
