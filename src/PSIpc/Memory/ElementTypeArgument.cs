using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Memory;

namespace PSIpc;

/// <summary>What a <c>-Type</c> parameter takes: the name of a numeric type, a .NET type, a layout that New-CStruct made, the name of one, or C text.</summary>
internal static class ElementTypeArgument
{
    // PowerShell's own names of types that differ from .NET's.
    private static readonly Dictionary<string, ElementType> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["int"] = ElementType.Int32,
        ["long"] = ElementType.Int64,
        ["short"] = ElementType.Int16,
        ["uint"] = ElementType.UInt32,
        ["ulong"] = ElementType.UInt64,
        ["ushort"] = ElementType.UInt16,
        ["float"] = ElementType.Single,
        ["bool"] = ElementType.Boolean,
    };

    /// <summary>The names that can be given.</summary>
    public static IEnumerable<string> Names => Enum.GetValues<ElementType>().Where(e => ElementTypes.SizeOf(e) > 0).Select(e => e.ToString());

    /// <summary>The element type that an argument means, and its layout where it is a structure.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>, <see cref="IpcErrorKind.InvalidDeclaration"/>.</exception>
    public static (ElementType Element, CStruct? Layout) Resolve(object argument)
    {
        object plain = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        return plain switch
        {
            ElementType element when element is not (ElementType.None or ElementType.Struct) => (element, null),
            Type type when ElementTypes.Of(type) is not ElementType.None and var element => (element, null),
            CStruct layout => (ElementType.Struct, layout),
            string name when Named(name) is { } element => (element, null),
            string text when text.Contains('{', StringComparison.Ordinal) || CStructs.Find(text) is not null => (ElementType.Struct, CStructArgument.Resolve(text)),
            _ when argument is PSObject { BaseObject: PSCustomObject } => (ElementType.Struct, CStructArgument.Resolve(argument)),
            _ => throw new IpcException(
                IpcErrorKind.InvalidArgument, Messages.ElementTypeInvalid.With(plain, string.Join(", ", Names))),
        };
    }

    /// <summary>The layout of elements of a type.</summary>
    public static BlockLayout Layout(object type, long[] shape)
    {
        (ElementType element, CStruct? structure) = Resolve(type);
        if (structure is null)
        {
            return ElementTypes.SizeOf(element) > 0
                ? new BlockLayout(element, ElementTypes.SizeOf(element), shape)
                : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ElementTypeWithoutSize.With(element));
        }

        byte[] declaration = CStructIpcSerializer.HeaderOf(structure);
        return declaration.Length > BlockLayout.LongestDeclaration || structure.Size is 0 or > int.MaxValue
            ? throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ElementDeclarationTooLong.With(structure.Type.Title, declaration.Length, BlockLayout.LongestDeclaration, structure.Size))
            : new BlockLayout(element, (int)structure.Size, shape, declaration);
    }

    private static ElementType? Named(string name)
    {
        string plain = name.StartsWith("System.", StringComparison.OrdinalIgnoreCase) ? name["System.".Length..] : name;
        return Aliases.TryGetValue(plain, out ElementType alias) ? alias
            : Enum.TryParse(plain, ignoreCase: true, out ElementType element) && element is not (ElementType.None or ElementType.Struct) && !char.IsAsciiDigit(plain[0]) ? element
            : null;
    }
}
