using System.Collections.Concurrent;
using PSIpc.Core;
using PSIpc.Core.Channels;

namespace PSIpc;

/// <summary>The serializers of this session, by name and by the number that messages carry.</summary>
public static class IpcSerializers
{
    /// <summary>The serializer of those who name none.</summary>
    public const string DefaultName = "MessagePack";

    /// <summary>The deepest nesting that is written where nobody says otherwise.</summary>
    public const int DefaultDepth = 32;

    /// <summary>The deepest nesting that can be asked for.</summary>
    public const int DeepestDepth = 128;

    /// <summary>The number of messages whose body begins with the name of the serializer that wrote them.</summary>
    internal const byte NamedFormat = 128;

    // By their numbers.
    private static readonly IIpcSerializer[] BuiltIn =
    [
        new RawSerializer(),
        DependencyLoadContext.CreateMessagePackSerializer(),
        new JsonIpcSerializer(),
        new CliXmlSerializer(),
        new CStructIpcSerializer(),
        new PickleIpcSerializer(new PickleOptions()),
    ];

    private static readonly ConcurrentDictionary<string, NamedSerializer> Registered = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>All serializers: the default one first, then the built-in ones, then the session's own by name.</summary>
    public static IIpcSerializer[] All =>
        [BuiltIn[1], BuiltIn[2], BuiltIn[3], BuiltIn[5], BuiltIn[4], BuiltIn[0], .. Registered.Values.OrderBy(s => s.Name, StringComparer.OrdinalIgnoreCase)];

    /// <summary>A serializer by its name, in upper or lower case.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>.</exception>
    public static IIpcSerializer Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Array.Find(BuiltIn, s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? Registered.GetValueOrDefault(name)
            ?? throw new IpcException(
                IpcErrorKind.NotFound,
                Messages.SerializerNotFoundOf.With(name, string.Join(", ", All.Select(s => s.Name))),
                name);
    }

    /// <summary>A serializer by its name, and by the layout that it is to write by.</summary>
    /// <param name="name">The name; null for CStruct where there is a layout.</param>
    /// <param name="layout">The layout; null for none.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or <see cref="IpcErrorKind.NotSupported"/> for a layout with another serializer than CStruct.</exception>
    public static IIpcSerializer Get(string? name, CStruct? layout)
    {
        if (layout is null)
        {
            return Get(name ?? DefaultName);
        }

        return name is null || string.Equals(name, CStructIpcSerializer.SerializerName, StringComparison.OrdinalIgnoreCase)
            ? new CStructIpcSerializer(layout)
            : throw new IpcException(IpcErrorKind.NotSupported, Messages.LayoutOnlyForCStruct.With(Get(name).Name), name);
    }

    /// <summary>A serializer by its name, and by what belongs to single serializers.</summary>
    /// <param name="name">The name; null for the one that the other arguments belong to, or the default.</param>
    /// <param name="layout">The layout; null for none.</param>
    /// <param name="options">How pickles are to be written and read.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or <see cref="IpcErrorKind.NotSupported"/> for what belongs to another serializer.</exception>
    internal static IIpcSerializer Get(string? name, CStruct? layout, PickleOptions options)
    {
        if (options == new PickleOptions())
        {
            return Get(name, layout);
        }

        return layout is null && (name is null || string.Equals(name, PickleIpcSerializer.SerializerName, StringComparison.OrdinalIgnoreCase))
            ? new PickleIpcSerializer(options)
            : throw new IpcException(IpcErrorKind.NotSupported, Messages.PickleParametersOfOtherSerializer.With(Get(name, layout).Name), name);
    }

    /// <summary>Adds a serializer of one's own. Its messages carry its name, and a receiver's session must have it too.</summary>
    /// <param name="serializer">The serializer. Its name is 1 to 60 of <c>A-Z a-z 0-9 . _ -</c>.</param>
    /// <param name="replace">Whether it takes the place of one with the same name.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AlreadyExists"/>, <see cref="IpcErrorKind.InvalidName"/>.</exception>
    public static void Register(IIpcSerializer serializer, bool replace = false)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        string name = serializer.Name;
        if (!IpcName.IsValid(name) || name.Length > MessageFormat.LongestName)
        {
            throw new IpcException(IpcErrorKind.InvalidName, Messages.SerializerNameInvalid.With(name, MessageFormat.LongestName), name);
        }

        if (Array.Exists(BuiltIn, s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new IpcException(IpcErrorKind.AlreadyExists, Messages.SerializerBuiltIn.With(name), name);
        }

        var named = new NamedSerializer(serializer);
        if (replace)
        {
            Registered[name] = named;
        }
        else if (!Registered.TryAdd(name, named))
        {
            throw new IpcException(IpcErrorKind.AlreadyExists, Messages.SerializerExists.With(name), name);
        }
    }

    /// <summary>Takes a serializer of one's own away.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Whether there was one.</returns>
    public static bool Unregister(string name) => Registered.TryRemove(name, out _);

    /// <summary>A serializer by the number in a message.</summary>
    /// <param name="format">The number.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/> when no serializer has it.</exception>
    public static IIpcSerializer Get(byte format) => format < BuiltIn.Length
        ? BuiltIn[format]
        : throw new IpcException(IpcErrorKind.CorruptData, Messages.SerializerNumberUnknown.With(format));

    /// <summary>The serializer that wrote a message, and the part of its body that is for it.</summary>
    /// <param name="format">The number in the message.</param>
    /// <param name="body">The message's body.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>; <see cref="IpcErrorKind.NotFound"/> for one of a user's own that this session does not have.</exception>
    internal static IIpcSerializer Of(byte format, ref ReadOnlyMemory<byte> body)
    {
        if (format != NamedFormat)
        {
            return Get(format);
        }

        string name = NamedSerializer.ReadName(ref body);
        return Registered.TryGetValue(name, out NamedSerializer? named)
            ? named
            : throw new IpcException(
                IpcErrorKind.NotFound,
                Messages.SerializerNameUnknown.With(name),
                name);
    }

    /// <summary>How a channel remembers its default serializer.</summary>
    internal static MessageFormat FormatOf(string name)
    {
        IIpcSerializer serializer = Get(name);
        return new MessageFormat(serializer.Format, serializer is NamedSerializer ? serializer.Name : null);
    }

    /// <summary>The name of a channel's default serializer; this session need not have it.</summary>
    internal static string NameOf(MessageFormat format) => format.Number == NamedFormat && format.Name is { } name ? name : Get(format.Number).Name;
}
