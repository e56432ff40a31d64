using System.Text;

namespace PSIpc;

/// <summary>C structures as NumPy's structured types: the text of a dictionary that <c>numpy.dtype(...)</c> takes.</summary>
internal static class NumPyType
{
    /// <summary>The text, such as <c>{'names': ['x'], 'formats': ['&lt;i4'], 'offsets': [0], 'itemsize': 4}</c>.</summary>
    public static string Of(CStruct layout) => Of(layout.Type, layout.IsBigEndian);

    private static string Of(CStructType type, bool isBigEndian)
    {
        CStructField[] fields = [.. type.Fields.Where(f => f.Name.Length > 0 && !f.IsBitField)];
        var text = new StringBuilder("{'names': [");
        text.AppendJoin(", ", fields.Select(f => $"'{f.Name}'"));
        text.Append("], 'formats': [").AppendJoin(", ", fields.Select(f => Of(f.ValueType, isBigEndian)));
        text.Append("], 'offsets': [").AppendJoin(", ", fields.Select(f => f.Offset));
        return text.Append("], 'itemsize': ").Append(type.Size).Append('}').ToString();
    }

    private static string Of(CType type, bool isBigEndian)
    {
        char order = type.Size == 1 ? '|' : isBigEndian ? '>' : '<';
        switch (type)
        {
            case CStructType structure:
                return Of(structure, isBigEndian);
            case CArrayType array:
                var shape = new List<long>();
                CType element = array;
                for (; element is CArrayType inner && !IsText(inner); element = inner.Element)
                {
                    shape.Add(inner.Count);
                }

                return shape.Count == 0 ? $"'|S{array.Count}'" : $"({Of(element, isBigEndian)}, ({string.Join(", ", shape)},))";
            case CEnumType named:
                return Of(named.Number, isBigEndian);
            case CPointerType:
                return $"'{order}u{type.Size}'";
            case CScalarType scalar:
                string kind = scalar.Kind switch
                {
                    CScalarKind.Bool => "b",
                    CScalarKind.Signed => "i",
                    CScalarKind.Unsigned => "u",
                    CScalarKind.Float => "f",
                    _ => "V",
                };
                return kind == "V" || scalar.Size > 8 ? $"'|V{scalar.Size}'" : $"'{order}{kind}{scalar.Size}'";
            default:
                return $"'|V{type.Size}'";
        }
    }

    /// <summary>Whether an array is one of char, which NumPy has as bytes.</summary>
    private static bool IsText(CArrayType array) => array.Element is CScalarType { Size: 1, Text: not CText.None };
}
