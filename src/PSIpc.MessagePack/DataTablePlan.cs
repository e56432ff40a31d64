using System.Data;
using System.Runtime.CompilerServices;
using global::MessagePack;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>
/// Tables of data by their columns and values, one row after the other; a row arrives in a table of its own, a set with its tables. What makes such
/// objects dangerous in other formats (schemas, expressions, types by name) is not written: columns have types of the closed list, or Object.
/// </summary>
internal sealed class DataTablePlan : TypePlan
{
    /// <summary>The byte of the marker.</summary>
    internal const byte Table = 0;
    internal const byte Set = 1;
    internal const byte Row = 2;

    public override bool TryWrite(ObjectWriter objects, ref MessagePackWriter writer, object value, bool inBag) => DataTables.TryWrite(objects, ref writer, value, inBag);
}

/// <summary>Writes and reads tables. Apart, since its methods load System.Data.</summary>
internal static class DataTables
{
    // A name, the names and the types of columns, the key.
    private const int HeadLength = 4;

    /// <summary>Writes a table, a set or a row.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryWrite(ObjectWriter objects, ref MessagePackWriter writer, object value, bool inBag)
    {
        switch (value)
        {
            case DataTable table:
                objects.Enter(table);
                WriteTable(objects, ref writer, DataTablePlan.Table, table, [.. table.Rows.Cast<DataRow>().Where(static r => r.RowState != DataRowState.Deleted)], inBag);
                break;
            case DataRow { RowState: not DataRowState.Deleted } row:
                objects.Enter(row);
                WriteTable(objects, ref writer, DataTablePlan.Row, row.Table, [row], inBag);
                break;
            case DataSet set:
                objects.Enter(set);
                writer.WriteArrayHeader(2 + set.Tables.Count);
                ScalarWriter.WriteMarker(ref writer, ExtensionCode.DataTable, DataTablePlan.Set);
                writer.Write(set.DataSetName);
                foreach (DataTable table in set.Tables)
                {
                    objects.Write(ref writer, table, inBag);
                }

                break;
            default:
                return false;
        }

        objects.Leave();
        return true;
    }

    /// <summary>Reads what a marker began.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static object Read(ObjectReader objects, ref MessagePackReader reader, Marker marker, int count)
    {
        ObjectReader.Require(marker is { Length: 1, Number: >= DataTablePlan.Table and <= DataTablePlan.Row });
        if (marker.Number != DataTablePlan.Set)
        {
            DataTable table = ReadTable(objects, ref reader, count);
            ObjectReader.Require(marker.Number == DataTablePlan.Table || table.Rows.Count == 1);
            return marker.Number == DataTablePlan.Table ? table : table.Rows[0];
        }

        ObjectReader.Require(count >= 1);
        var set = new DataSet(ObjectReader.ReadText(ref reader));
        for (int i = 1; i < count; i++)
        {
            set.Tables.Add(objects.Read(ref reader) as DataTable ?? throw new FormatException(Messages.ReasonNotPSIpcStructure));
        }

        return set;
    }

    private static void WriteTable(ObjectWriter objects, ref MessagePackWriter writer, byte kind, DataTable table, DataRow[] rows, bool inBag)
    {
        int columns = table.Columns.Count;
        writer.WriteArrayHeader(1 + HeadLength + (rows.Length * columns));
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.DataTable, kind);
        writer.Write(table.TableName);
        writer.WriteArrayHeader(columns);
        foreach (DataColumn column in table.Columns)
        {
            writer.Write(column.ColumnName);
        }

        writer.WriteArrayHeader(columns);
        foreach (DataColumn column in table.Columns)
        {
            writer.Write(CollectionType.Of(column.DataType.MakeArrayType())!.Descriptor);
        }

        NumberArrays.TryWrite(ref writer, Array.ConvertAll(table.PrimaryKey, static c => c.Ordinal));
        foreach (DataRow row in rows)
        {
            for (int i = 0; i < columns; i++)
            {
                objects.Write(ref writer, row[i], inBag);
            }
        }
    }

    private static DataTable ReadTable(ObjectReader objects, ref MessagePackReader reader, int count)
    {
        ObjectReader.Require(count >= HeadLength);
        var table = new DataTable(ObjectReader.ReadText(ref reader));
        string[] names = objects.ReadTexts(ref reader);
        int types = objects.ReadCount(ref reader);
        ObjectReader.Require(types == names.Length);
        foreach (string name in names)
        {
            CollectionType type = ObjectReader.ReadDescriptor(ref reader);
            ObjectReader.Require(type.Type.IsArray);
            table.Columns.Add(name, type.Element);
        }

        int[] key = objects.Read(ref reader) as int[] ?? throw new FormatException(Messages.ReasonNotPSIpcStructure);
        table.PrimaryKey = Array.ConvertAll(key, i => table.Columns[i]);
        int values = count - HeadLength;
        ObjectReader.Require(names.Length == 0 ? values == 0 : values % names.Length == 0);
        table.BeginLoadData();
        for (int row = names.Length == 0 ? 0 : values / names.Length; row > 0; row--)
        {
            object?[] cells = new object?[names.Length];
            for (int i = 0; i < cells.Length; i++)
            {
                cells[i] = objects.Read(ref reader) ?? DBNull.Value;
            }

            table.LoadDataRow(cells, fAcceptChanges: true);
        }

        table.EndLoadData();
        return table;
    }
}
