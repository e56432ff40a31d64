namespace PSIpc.MessagePack;

/// <summary>
/// The extension types of PSIpc (docs/serializers.md). A value below <see cref="FirstMarker"/> is an extension with its bytes; one from it
/// on is the first element of an array and says what the other elements are, so that nothing's length need be known in advance.
/// </summary>
internal static class ExtensionCode
{
    /// <summary>The standard timestamp, -1: a DateTime whose Kind is Utc.</summary>
    public const sbyte Timestamp = -1;

    public const sbyte Char = 1;
    public const sbyte Decimal = 2;
    public const sbyte BigInteger = 3;
    public const sbyte Guid = 4;
    public const sbyte TimeSpan = 5;
    public const sbyte DateTimeOffset = 6;
    public const sbyte DateTime = 7;
    public const sbyte DateOnly = 8;
    public const sbyte TimeOnly = 9;
    public const sbyte Uri = 10;
    public const sbyte Version = 11;
    public const sbyte Half = 12;
    public const sbyte Int128 = 13;
    public const sbyte UInt128 = 14;
    public const sbyte IntPtr = 15;
    public const sbyte UIntPtr = 16;
    public const sbyte NumberArray = 17;
    public const sbyte KnownValue = 18;
    public const sbyte SecureString = 19;
    public const sbyte ScriptBlock = 20;

    /// <summary>The first of the codes that mark an array.</summary>
    public const sbyte FirstMarker = 32;

    public const sbyte Object = 32;
    public const sbyte OrderedDictionary = 33;
    public const sbyte TypedArray = 34;
    public const sbyte Enum = 35;
    public const sbyte Error = 36;
    public const sbyte Message = 37;
    public const sbyte Information = 38;
    public const sbyte Progress = 39;
    public const sbyte Reference = 40;
    public const sbyte MultiDimensionalArray = 41;
    public const sbyte HostMessage = 42;
    public const sbyte Collection = 43;
    public const sbyte ClassInstance = 44;
    public const sbyte ClassReference = 45;
    public const sbyte Credential = 46;
    public const sbyte DataTable = 47;
    public const sbyte QueueMessage = 60;
}
