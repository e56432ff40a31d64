using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Net.Mail;
using System.Net.NetworkInformation;
using System.Numerics;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>
/// The closed list of .NET types that arrive as what they were, by name and by number. Each is made at its first use: most sessions need few, and
/// a type that is named in a method loads its assembly with the method.
/// </summary>
internal static class KnownValues
{
    /// <summary>The number of DBNull, which has no bytes of its own.</summary>
    public const byte DBNullCode = 0;

    /// <summary>The number of the types of PowerShell's own that the engine's serializer writes and restores.</summary>
    public const byte EngineTypeCode = 21;

    /// <summary>How long a regular expression that arrived looks for a match: a pattern can be made to take for ever.</summary>
    public static readonly TimeSpan MaxMatchTime = TimeSpan.FromMinutes(1);

    private const int MaxPattern = 16 << 10;

    private static readonly Dictionary<string, byte> CodeByName = new(StringComparer.Ordinal)
    {
        ["System.Management.Automation.SwitchParameter"] = 1,
        ["System.Net.IPAddress"] = 2,
        ["System.Net.IPEndPoint"] = 3,
        ["System.Net.NetworkInformation.PhysicalAddress"] = 4,
        ["System.Net.Mail.MailAddress"] = 5,
        ["System.Globalization.CultureInfo"] = 6,
        ["System.Text.RegularExpressions.Regex"] = 7,
        ["System.Management.Automation.SemanticVersion"] = 8,
        ["System.Xml.XmlDocument"] = 9,
        ["System.Xml.XmlElement"] = 10,
        ["System.Xml.Linq.XDocument"] = 11,
        ["System.Xml.Linq.XElement"] = 12,
        ["System.Security.Cryptography.X509Certificates.X509Certificate2"] = 13,
        ["System.Security.Cryptography.X509Certificates.X500DistinguishedName"] = 14,
        ["System.Numerics.Complex"] = 15,
        ["System.Collections.BitArray"] = 16,
        ["System.Text.StringBuilder"] = 17,
        ["System.Security.AccessControl.DirectorySecurity"] = 18,
        ["System.Security.AccessControl.FileSecurity"] = 19,
        ["System.Security.AccessControl.RegistrySecurity"] = 20,
        ["System.Management.Automation.PSListModifier"] = EngineTypeCode,
        ["System.Management.Automation.ParameterSetMetadata"] = EngineTypeCode,
        ["System.Management.Automation.Remoting.PSSessionOption"] = EngineTypeCode,
        ["Microsoft.PowerShell.Commands.ModuleSpecification"] = EngineTypeCode,
        ["System.Management.Automation.CompletionResult"] = EngineTypeCode,
        ["System.Management.Automation.CommandCompletion"] = EngineTypeCode,
        ["System.Management.Automation.JobStateInfo"] = EngineTypeCode,
        ["System.Management.Automation.ExtendedTypeDefinition"] = EngineTypeCode,
        ["System.Management.Automation.FormatViewDefinition"] = EngineTypeCode,
        ["System.Management.Automation.PSControl"] = EngineTypeCode,
        ["System.Management.Automation.PSControlGroupBy"] = EngineTypeCode,
        ["System.Management.Automation.DisplayEntry"] = EngineTypeCode,
        ["System.Management.Automation.EntrySelectedBy"] = EngineTypeCode,
        ["System.Management.Automation.TableControlColumnHeader"] = EngineTypeCode,
        ["System.Management.Automation.TableControlRow"] = EngineTypeCode,
        ["System.Management.Automation.TableControlColumn"] = EngineTypeCode,
        ["System.Management.Automation.ListControlEntry"] = EngineTypeCode,
        ["System.Management.Automation.ListControlEntryItem"] = EngineTypeCode,
        ["System.Management.Automation.WideControlEntryItem"] = EngineTypeCode,
        ["System.Management.Automation.CustomControlEntry"] = EngineTypeCode,
        ["System.Management.Automation.CustomItemBase"] = EngineTypeCode,
    };

    private static readonly KnownValue?[] ByCode = new KnownValue?[EngineTypeCode + 1];

    /// <summary>What a value of a type is written as; null for a type that is not on the list.</summary>
    public static KnownValue? Of(Type type)
    {
        for (Type? candidate = type; candidate is not null && candidate != typeof(object); candidate = candidate.BaseType)
        {
            // A name alone proves nothing: a script can call its class so.
            if (CodeByName.TryGetValue(candidate.FullName ?? "", out byte code) && ByNumber(code) is { } known && known.Type.IsAssignableFrom(type))
            {
                return known;
            }
        }

        return null;
    }

    /// <summary>What has a number; null if nothing has.</summary>
    public static KnownValue? ByNumber(byte code) => code >= ByCode.Length ? null : ByCode[code] ??= Make(code);

    // One method for each: a method's assemblies are loaded when it is compiled.
    private static KnownValue? Make(byte code) => code switch
    {
        DBNullCode => DatabaseNull(),
        1 => Switch(),
        2 => Address(),
        3 => EndPoint(),
        4 => LinkAddress(),
        5 => Mail(),
        6 => Culture(),
        7 => Expression(),
        8 => SemanticVersions.Make(8),
        9 => XmlValues.Document(9),
        10 => XmlValues.Element(10),
        11 => XmlValues.LinqDocument(11),
        12 => XmlValues.LinqElement(12),
        13 => Certificate(),
        14 => DistinguishedName(),
        15 => ComplexNumber(),
        16 => Bits(),
        17 => Builder(),
        18 => OperatingSystem.IsWindows() ? DirectoryRights() : NoRights(18),
        19 => OperatingSystem.IsWindows() ? FileRights() : NoRights(19),
        20 => OperatingSystem.IsWindows() ? RegistryRights() : NoRights(20),
        EngineTypeCode => EngineType(),
        _ => null,
    };

    private static KnownValue DatabaseNull() =>
        KnownValue.AsBytes<DBNull>(DBNullCode, static _ => [], static bytes => bytes.IsEmpty ? DBNull.Value : throw Wrong());

    private static KnownValue Switch() => KnownValue.AsBytes<SwitchParameter>(
        1,
        static flag => [flag.IsPresent ? (byte)1 : (byte)0],
        static bytes => bytes is [0 or 1] ? new SwitchParameter(bytes[0] == 1) : throw Wrong());

    private static KnownValue Address() => KnownValue.AsBytes<IPAddress>(2, AddressBytes, ReadAddress);

    private static byte[] AddressBytes(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        if (bytes.Length != 16 || address.ScopeId == 0)
        {
            return bytes;
        }

        byte[] scoped = new byte[20];
        bytes.CopyTo(scoped, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(scoped.AsSpan(16), (uint)address.ScopeId);
        return scoped;
    }

    private static IPAddress ReadAddress(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 or 16 => new IPAddress(bytes),
        20 => new IPAddress(bytes[..16], BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..])),
        _ => throw Wrong(),
    };

    private static KnownValue EndPoint() => KnownValue.AsBytes<IPEndPoint>(
        3,
        static end => [(byte)end.Port, (byte)(end.Port >> 8), .. AddressBytes(end.Address)],
        static bytes => bytes.Length > 2 ? new IPEndPoint(ReadAddress(bytes[2..]), BinaryPrimitives.ReadUInt16LittleEndian(bytes)) : throw Wrong());

    private static KnownValue LinkAddress() =>
        KnownValue.AsBytes<PhysicalAddress>(4, static address => address.GetAddressBytes(), static bytes => new PhysicalAddress(bytes.ToArray()));

    private static KnownValue Mail() => KnownValue.AsText<MailAddress>(
        5,
        static address => MailAddress.TryCreate(address.ToString(), out MailAddress? same) && same.Equals(address) ? address.ToString() : null,
        static text => new MailAddress(text));

    private static KnownValue Culture() => KnownValue.AsText<CultureInfo>(6, static culture => FindCulture(culture.Name)?.Name, static name => (object?)FindCulture(name) ?? name);

    /// <summary>A culture that the system has: one of any other name would be made, and kept for ever.</summary>
    private static CultureInfo? FindCulture(string name)
    {
        try
        {
            return CultureInfo.GetCultureInfo(name, predefinedOnly: true);
        }
        catch (CultureNotFoundException)
        {
            return null;
        }
    }

    private static KnownValue Expression() => KnownValue.AsBytes<Regex>(7, WriteExpression, ReadExpression);

    private static byte[]? WriteExpression(Regex expression)
    {
        byte[] pattern = Encoding.UTF8.GetBytes(expression.ToString());
        if (pattern.Length > MaxPattern)
        {
            return null;
        }

        byte[] bytes = new byte[12 + pattern.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)expression.Options);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(4), expression.MatchTimeout.Ticks);
        pattern.CopyTo(bytes, 12);
        return bytes;
    }

    /// <summary>Without the option Compiled: what others wrote is not made into machine code.</summary>
    private static Regex ReadExpression(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is < 12 or > MaxPattern + 12)
        {
            throw Wrong();
        }

        var options = (RegexOptions)BinaryPrimitives.ReadInt32LittleEndian(bytes) & ~RegexOptions.Compiled;
        var timeout = new TimeSpan(BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]));
        return new Regex(KnownValue.TextOf(bytes[12..]), options, timeout > TimeSpan.Zero && timeout < MaxMatchTime ? timeout : MaxMatchTime);
    }

    private static KnownValue Certificate() => KnownValue.AsBytes<X509Certificate2>(
        13,
        static certificate => certificate.RawData,
        static bytes => X509Certificate2.GetCertContentType(bytes) == X509ContentType.Cert ? new X509Certificate2(bytes) : throw Wrong());

    private static KnownValue DistinguishedName() =>
        KnownValue.AsBytes<X500DistinguishedName>(14, static name => name.RawData, static bytes => new X500DistinguishedName(bytes));

    private static KnownValue ComplexNumber() => KnownValue.AsBytes<Complex>(15, WriteComplex, static bytes => bytes.Length == 16
        ? new Complex(BinaryPrimitives.ReadDoubleLittleEndian(bytes), BinaryPrimitives.ReadDoubleLittleEndian(bytes[8..]))
        : throw Wrong());

    private static byte[] WriteComplex(Complex number)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, number.Real);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8), number.Imaginary);
        return bytes;
    }

    private static KnownValue Bits() => KnownValue.AsBytes<BitArray>(16, WriteBits, ReadBits);

    private static byte[] WriteBits(BitArray bits)
    {
        byte[] bytes = new byte[4 + ((bits.Length + 7) / 8)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bits.Length);
        bits.CopyTo(bytes, 4);
        return bytes;
    }

    private static BitArray ReadBits(ReadOnlySpan<byte> bytes)
    {
        int count = bytes.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : -1;
        return count >= 0 && (count + 7L) / 8 == bytes.Length - 4 ? new BitArray(bytes[4..].ToArray()) { Length = count } : throw Wrong();
    }

    private static KnownValue Builder() => KnownValue.AsText<StringBuilder>(17, static text => text.ToString(), static text => new StringBuilder(text));

    [SupportedOSPlatform("windows")]
    private static KnownValue DirectoryRights() => KnownValue.AsText<DirectorySecurity>(18, Describe, static text => Described(new DirectorySecurity(), text));

    [SupportedOSPlatform("windows")]
    private static KnownValue FileRights() => KnownValue.AsText<FileSecurity>(19, Describe, static text => Described(new FileSecurity(), text));

    [SupportedOSPlatform("windows")]
    private static KnownValue RegistryRights() => KnownValue.AsText<RegistrySecurity>(20, Describe, static text => Described(new RegistrySecurity(), text));

    [SupportedOSPlatform("windows")]
    private static string Describe(ObjectSecurity rights) => rights.GetSecurityDescriptorSddlForm(AccessControlSections.Access | AccessControlSections.Owner | AccessControlSections.Group);

    [SupportedOSPlatform("windows")]
    private static ObjectSecurity Described(ObjectSecurity rights, string text)
    {
        rights.SetSecurityDescriptorSddlForm(text);
        return rights;
    }

    /// <summary>Windows' access rights elsewhere: their text.</summary>
    private static KnownValue NoRights(byte code) => new(code, typeof(NoRightsHere), static _ => null, static bytes => KnownValue.TextOf(bytes));

    /// <summary>As text of CliXml, from which PowerShell's own converter restores them.</summary>
    private static KnownValue EngineType() => new(
        EngineTypeCode,
        typeof(object),
        static value => Encoding.UTF8.GetBytes(PSSerializer.Serialize(value)),
        static bytes => PSSerializer.Deserialize(KnownValue.TextOf(bytes)) is { } restored ? restored : throw Wrong());

    private static FormatException Wrong() => new(Messages.ReasonNotPSIpcStructure);

    private sealed class NoRightsHere;
}
