using System.Collections.Concurrent;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>C types by their names, as <c>-ReturnType</c> and <c>-ArgumentType</c> take them.</summary>
internal static class CTypeName
{
    private static readonly ConcurrentDictionary<string, CType> Known = new(StringComparer.Ordinal);
    private static int _version;

    /// <summary>Forgets the types that were read: a structure's name may mean another one from now on.</summary>
    public static void Forget()
    {
        lock (Known)
        {
            _version++;
            Known.Clear();
        }
    }

    /// <summary>The type of a name such as <c>const char *</c> or <c>struct Point</c>, of a layout, or of <c>string</c> and <c>wstring</c>.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidDeclaration"/>, <see cref="IpcErrorKind.NotSupported"/> for <c>...</c>.</exception>
    public static CType Parse(object type)
    {
        object plain = type is PSObject wrapped ? wrapped.BaseObject : type;
        if (plain is CStruct layout)
        {
            return layout.Abi == CDataModel.Native && !layout.IsBigEndian
                ? layout.Type
                : throw new IpcException(IpcErrorKind.NotSupported, Messages.NativeOtherMachine.With(layout.Type.Title), layout.Name);
        }

        string name = plain.ToString() ?? "";
        if (Known.TryGetValue(name, out CType? known))
        {
            return known;
        }

        int version = Volatile.Read(ref _version);
        CType read = Read(name);
        lock (Known)
        {
            if (version == Volatile.Read(ref _version))
            {
                Known[name] = read;
            }
        }

        return read;
    }

    private static CType Read(string text)
    {
        switch (text.Trim())
        {
            case "...":
                throw new IpcException(IpcErrorKind.NotSupported, Messages.NativeVariableArgumentsType);
            case "string":
                text = "const char *";
                break;
            case "wstring":
                text = "const char16_t *";
                break;
        }

        var scope = new CScope(CDataModel.Of(CDataModel.Native));
        CType type = new CDeclarationParser(text, scope, 0, static tag => CStructs.Find(tag) is { IsBigEndian: false } found ? found : null).ReadTypeName();
        return type switch
        {
            CArrayType array => new CPointerType(array.Element, isTargetConst: false),
            CFunctionType => new CPointerType(type, isTargetConst: false),
            CIncompleteType => throw new IpcException(IpcErrorKind.InvalidDeclaration, Messages.NativeTypeNotDeclared.With(type)),
            _ => type,
        };
    }

    /// <summary>The type that an argument is passed as where none is said.</summary>
    public static CType Infer(object? argument) => Parse((argument is PSObject wrapped ? wrapped.BaseObject : argument) switch
    {
        bool => "bool",
        sbyte or byte or short or ushort or int => "int",
        uint => "unsigned int",
        long => "int64_t",
        ulong => "uint64_t",
        float or double or decimal => "double",
        string text when IsNegativeNumber(text) => throw new IpcException(
            IpcErrorKind.InvalidArgument, Messages.NativeArgumentIsText.With(text)),
        string => "const char *",
        null or nint or nuint or NativePointer or Array => "void *",
        { } other => throw new IpcException(IpcErrorKind.InvalidArgument, Messages.NativeArgumentUnclear.With(other.GetType())),
    });

    private static bool IsNegativeNumber(string text) => text.StartsWith('-')
        && double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out _);
}
