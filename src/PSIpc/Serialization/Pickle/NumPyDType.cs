using System.Numerics;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// A NumPy dtype of a pickle (NumPy's <c>arraydescr_reduce</c>): made of a text such as <c>f8</c>, then told the order of its bytes. Those of numbers, truth values and texts are known.
/// </summary>
internal sealed class NumPyDType
{
    private NumPyDType(Type? type, char kind, int size)
    {
        Type = type;
        Kind = kind;
        Size = size;
    }

    /// <summary>The .NET type of an element; null for texts.</summary>
    public Type? Type { get; }

    /// <summary>NumPy's letter: i, u, f, c, b, U.</summary>
    public char Kind { get; }

    /// <summary>Bytes of an element.</summary>
    public int Size { get; }

    /// <summary>Whether the highest byte of a number comes first.</summary>
    public bool IsBigEndian { get; private set; }

    /// <summary>The dtype of a text such as <c>f8</c>.</summary>
    public static NumPyDType Create(PythonTuple arguments)
    {
        if (arguments.Count < 1 || arguments[0] is not string { Length: >= 2 and <= 12 } text || !int.TryParse(text.AsSpan(1), out int size) || size < 0)
        {
            throw Unknown(arguments.Count > 0 ? arguments[0] : null);
        }

        return (text[0], size) switch
        {
            ('i', 1) => new(typeof(sbyte), 'i', size),
            ('i', 2) => new(typeof(short), 'i', size),
            ('i', 4) => new(typeof(int), 'i', size),
            ('i', 8) => new(typeof(long), 'i', size),
            ('u', 1) => new(typeof(byte), 'u', size),
            ('u', 2) => new(typeof(ushort), 'u', size),
            ('u', 4) => new(typeof(uint), 'u', size),
            ('u', 8) => new(typeof(ulong), 'u', size),
            ('f', 2) => new(typeof(Half), 'f', size),
            ('f', 4) => new(typeof(float), 'f', size),
            ('f', 8) => new(typeof(double), 'f', size),
            ('c', 8) => new(typeof(Complex), 'c', size),
            ('c', 16) => new(typeof(Complex), 'c', size),
            ('b', 1) => new(typeof(bool), 'b', size),
            ('U', < int.MaxValue / 4) => new(null, 'U', size * 4),
            _ => throw Unknown(text),
        };
    }

    /// <summary>Takes the order of the bytes from the state; other state, as structured types have it, is refused.</summary>
    public void SetState(object? state)
    {
        if (!TrySetState(state))
        {
            throw new FormatException(Messages.ReasonNumPyFields);
        }
    }

    /// <summary>Takes the order of the bytes from the state; false for other state, as structured types have it.</summary>
    public bool TrySetState(object? state)
    {
        if (state is not PythonTuple { Count: >= 8 } tuple || tuple[0] is not int || tuple[1] is not string { Length: 1 } order || "<>|=".IndexOf(order[0]) < 0
            || tuple[2] is not null || tuple[3] is not null || tuple[4] is not null || (tuple.Count > 8 && tuple[8] is not null))
        {
            return false;
        }

        IsBigEndian = order == ">";
        return true;
    }

    private static FormatException Unknown(object? text) =>
        new(Messages.ReasonNumPyDType.With(text));
}
