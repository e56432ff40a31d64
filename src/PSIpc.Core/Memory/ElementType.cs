using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace PSIpc.Core.Memory;

/// <summary>What the elements of an array or a value are. The numbers are part of the layout and never change.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "They are types, and users know them by these names.")]
public enum ElementType
{
    /// <summary>Bytes without a type.</summary>
    None = 0,

    /// <summary>A whole number of 8 bits.</summary>
    SByte = 1,

    /// <summary>A whole number of 8 bits from 0.</summary>
    Byte = 2,

    /// <summary>A whole number of 16 bits.</summary>
    Int16 = 3,

    /// <summary>A whole number of 16 bits from 0.</summary>
    UInt16 = 4,

    /// <summary>A whole number of 32 bits.</summary>
    Int32 = 5,

    /// <summary>A whole number of 32 bits from 0.</summary>
    UInt32 = 6,

    /// <summary>A whole number of 64 bits.</summary>
    Int64 = 7,

    /// <summary>A whole number of 64 bits from 0.</summary>
    UInt64 = 8,

    /// <summary>A whole number of 128 bits.</summary>
    Int128 = 9,

    /// <summary>A whole number of 128 bits from 0.</summary>
    UInt128 = 10,

    /// <summary>A floating point number of 16 bits (IEEE 754).</summary>
    Half = 11,

    /// <summary>A floating point number of 32 bits (IEEE 754).</summary>
    Single = 12,

    /// <summary>A floating point number of 64 bits (IEEE 754).</summary>
    Double = 13,

    /// <summary>A decimal number of 128 bits, as .NET lays it out.</summary>
    Decimal = 14,

    /// <summary>Two doubles: the real and the imaginary part.</summary>
    Complex = 15,

    /// <summary>True or false, in a byte: 1 or 0.</summary>
    Boolean = 16,

    /// <summary>A UTF-16 code unit.</summary>
    Char = 17,

    /// <summary>A text in UTF-8; values only.</summary>
    String = 18,

    /// <summary>A C structure, whose declaration is beside it.</summary>
    Struct = 19,
}

/// <summary>What is known of element types.</summary>
public static class ElementTypes
{
    private static readonly (ElementType Element, Type Type, int Size, string? NumPy)[] Known =
    [
        (ElementType.SByte, typeof(sbyte), 1, "|i1"), (ElementType.Byte, typeof(byte), 1, "|u1"),
        (ElementType.Int16, typeof(short), 2, "<i2"), (ElementType.UInt16, typeof(ushort), 2, "<u2"),
        (ElementType.Int32, typeof(int), 4, "<i4"), (ElementType.UInt32, typeof(uint), 4, "<u4"),
        (ElementType.Int64, typeof(long), 8, "<i8"), (ElementType.UInt64, typeof(ulong), 8, "<u8"),
        (ElementType.Int128, typeof(Int128), 16, "|V16"), (ElementType.UInt128, typeof(UInt128), 16, "|V16"),
        (ElementType.Half, typeof(Half), 2, "<f2"), (ElementType.Single, typeof(float), 4, "<f4"),
        (ElementType.Double, typeof(double), 8, "<f8"), (ElementType.Decimal, typeof(decimal), 16, "|V16"),
        (ElementType.Complex, typeof(Complex), 16, "<c16"), (ElementType.Boolean, typeof(bool), 1, "|b1"),
        (ElementType.Char, typeof(char), 2, "<u2"), (ElementType.String, typeof(string), 0, null),
    ];

    /// <summary>The element type of a .NET type; <see cref="ElementType.None"/> when there is none.</summary>
    /// <param name="type">The type.</param>
    public static ElementType Of(Type type) => Array.Find(Known, k => k.Type == type).Element;

    /// <summary>The .NET type of an element; null for structures.</summary>
    /// <param name="element">The element type.</param>
    public static Type? TypeOf(ElementType element) => Array.Find(Known, k => k.Element == element).Type;

    /// <summary>Bytes of an element; 0 where the type alone does not say.</summary>
    /// <param name="element">The element type.</param>
    public static int SizeOf(ElementType element) => Array.Find(Known, k => k.Element == element).Size;

    /// <summary>NumPy's name of the type (the typestr of its array interface); null where the type alone does not say.</summary>
    /// <param name="element">The element type.</param>
    public static string? NumPyNameOf(ElementType element) => Array.Find(Known, k => k.Element == element).NumPy;
}
