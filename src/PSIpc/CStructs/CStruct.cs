using System.Collections;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The layout of a C structure or union: what <c>New-CStruct</c> makes. It turns objects into its bytes and back.</summary>
public sealed class CStruct
{
    private readonly CStruct[] _used;
    private readonly string _text;

    private CStruct(CStructType type, CDataModel model, bool isBigEndian, string text, CStruct[] used)
    {
        Type = type;
        Model = model;
        IsBigEndian = isBigEndian;
        _text = text;
        _used = used;
    }

    /// <summary>Its name, without <c>struct</c>.</summary>
    public string Name => Type.Tag!;

    /// <summary>Bytes, those that pad it included.</summary>
    public long Size => Type.Size;

    /// <summary>Bytes: where it begins is a multiple of this.</summary>
    public int Alignment => Type.Alignment;

    /// <summary>Its members; those of a member without a name among them.</summary>
    public CStructField[] Fields => [.. Type.Fields];

    /// <summary>Whether it is a union.</summary>
    public bool IsUnion => Type.IsUnion;

    /// <summary>Whose rules it follows.</summary>
    public CAbi Abi => Model.Abi;

    /// <summary>Whether numbers have their most significant byte first. Bit fields then begin at the most significant bit.</summary>
    public bool IsBigEndian { get; }

    /// <summary>C text that declares it, and all that it uses.</summary>
    public string Declaration
    {
        get
        {
            var texts = new List<string>();
            CollectTexts(this, texts, []);
            return string.Join('\n', texts.Distinct(StringComparer.Ordinal));
        }
    }

    internal CStructType Type { get; }

    internal CDataModel Model { get; }

    /// <summary>Reads C text.</summary>
    /// <param name="declaration">Declarations of structures, unions, enumerations and type names.</param>
    /// <param name="pack">The most that members are aligned to: 1, 2, 4, 8 or 16 bytes; 0 for no limit.</param>
    /// <param name="abi">Whose rules; this machine's if null.</param>
    /// <param name="isBigEndian">Whether numbers have their most significant byte first.</param>
    /// <returns>The structures and unions that have a name, in their order.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidDeclaration"/>, with line and column.</exception>
    public static CStruct[] Parse(string declaration, int pack = 0, CAbi? abi = null, bool isBigEndian = false) =>
        Parse(declaration, pack, abi, isBigEndian, isReceived: false, static _ => null, out _);

    /// <summary>As above, with structures of other texts to use.</summary>
    /// <param name="declaration">The text.</param>
    /// <param name="pack">The most that members are aligned to; 0 for no limit.</param>
    /// <param name="abi">Whose rules; this machine's if null.</param>
    /// <param name="isBigEndian">Whether numbers have their most significant byte first.</param>
    /// <param name="isReceived">Whether the text came in a message.</param>
    /// <param name="known">Finds a structure of another text.</param>
    /// <param name="aliases">Other names of structures, by their typedefs.</param>
    internal static CStruct[] Parse(
        string declaration, int pack, CAbi? abi, bool isBigEndian, bool isReceived, Func<string, CStruct?> known, out IReadOnlyDictionary<string, CStruct> aliases)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        CDataModel model = CDataModel.Of(abi ?? CDataModel.Native);
        var scope = new CScope(model, isReceived);
        string text = $"#pragma pack({(pack == 0 ? "" : pack)})\n{declaration}";
        var parser = new CDeclarationParser(declaration, scope, pack, name => known(name) is { } found && found.IsBigEndian == isBigEndian ? found : null);
        parser.ReadAll();
        CStruct[] used = [.. parser.Used];
        CStruct[] declared = [.. scope.Structures.Select(s => new CStruct(s, model, isBigEndian, text, used))];
        aliases = scope.Aliases
            .Select(a => KeyValuePair.Create(a.Key, Array.Find(declared, d => ReferenceEquals(d.Type, a.Value))))
            .Where(a => a.Value is not null)
            .ToDictionary(a => a.Key, a => a.Value!, StringComparer.Ordinal);
        return declared;
    }

    /// <summary>The bytes of an object: a hashtable or an object with its members, what is missing being 0.</summary>
    /// <param name="value">The object.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>: a member that it does not have, or a value that does not go into one.</exception>
    public byte[] ToBytes(object? value)
    {
        byte[] bytes = new byte[Size];
        new CValueWriter(IsBigEndian).Write(bytes, Type, value);
        return bytes;
    }

    /// <summary>The object that some bytes are.</summary>
    /// <param name="bytes">As many as its size.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>: more bytes or fewer.</exception>
    public PSObject FromBytes(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return bytes.Length == Size ? Read(bytes) : throw WrongLength(bytes.Length);
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    /// <summary>Reads one object.</summary>
    internal PSObject Read(ReadOnlySpan<byte> bytes) => new CValueReader(IsBigEndian).ReadStructure(bytes, Type);

    /// <summary>Writes one object, or several one after the other.</summary>
    /// <param name="value">The object; a list is several.</param>
    /// <param name="isArray">Whether it was a list.</param>
    internal byte[] ToBytes(object? value, out bool isArray)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        isArray = plain is IList and not byte[];
        if (!isArray)
        {
            return ToBytes(value);
        }

        var items = (IList)plain!;
        byte[] bytes = new byte[checked(Size * items.Count)];
        var writer = new CValueWriter(IsBigEndian);
        for (int i = 0; i < items.Count; i++)
        {
            writer.Write(bytes.AsSpan((int)(i * Size), (int)Size), Type, items[i]);
        }

        return bytes;
    }

    /// <summary>Reads one object, or several.</summary>
    /// <param name="bytes">A multiple of the size.</param>
    /// <param name="isArray">Whether one object by itself is to be an array too.</param>
    internal object ReadAll(ReadOnlySpan<byte> bytes, bool isArray)
    {
        if (!isArray && bytes.Length == Size)
        {
            return Read(bytes);
        }

        if (Size == 0 || bytes.Length % Size != 0)
        {
            throw WrongLength(bytes.Length);
        }

        if (Type.Cost * (bytes.Length / Size) > CStructType.MostCost(bytes.Length))
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.CStructsOfTooManyValues.With(bytes.Length / Size, Type.Title, Type.Cost * (bytes.Length / Size)), Name);
        }

        object[] items = new object[bytes.Length / Size];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = Read(bytes.Slice((int)(i * Size), (int)Size));
        }

        return items;
    }

    private static void CollectTexts(CStruct structure, List<string> texts, HashSet<CStruct> visited)
    {
        if (visited.Add(structure))
        {
            Array.ForEach(structure._used, used => CollectTexts(used, texts, visited));
            texts.Add(structure._text);
        }
    }

    private IpcException WrongLength(int length) =>
        new(IpcErrorKind.CorruptData, Messages.CStructBytesNotWhole.With(Type.Title, Size, length), Name);
}
