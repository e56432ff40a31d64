namespace PSIpc.RabbitMQ;

/// <summary>The serializer of a message as its content type, which other programs see and give too.</summary>
internal static class ContentTypes
{
    private const string Named = "application/vnd.psipc.named";
    private const byte RawNumber = 0;

    // By the numbers of the serializers.
    private static readonly string[] Known =
    [
        "application/octet-stream",
        "application/vnd.psipc.msgpack",
        "application/json",
        "application/vnd.psipc.clixml",
        "application/vnd.psipc.cstruct",
        "application/vnd.psipc.pickle",
    ];

    /// <summary>The content type of a serializer.</summary>
    public static string Of(byte format) => format < Known.Length ? Known[format] : Named;

    /// <summary>The serializer of a content type: bytes as they are for what nobody knows.</summary>
    public static byte FormatOf(string? type)
    {
        if (type == Named)
        {
            return IpcSerializers.NamedFormat;
        }

        int found = type is null ? -1 : Array.FindIndex(Known, k => type.StartsWith(k, StringComparison.OrdinalIgnoreCase));
        return found < 0 ? RawNumber : (byte)found;
    }
}
