using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using PSIpc.Core;

namespace PSIpc;

/// <summary>PowerShell objects as JSON.</summary>
internal sealed class JsonObjectWriter(Utf8JsonWriter writer, int deepest)
{
    private readonly Stack<object> _ancestors = new();

    /// <summary>Writes a value.</summary>
    public void Write(object? value) => Write(value, inObject: false);

    private void Write(object? value, bool inObject)
    {
        var wrapper = value as PSObject;
        object? plain = ReferenceEquals(value, AutomationNull.Value) ? null : wrapper is null ? value : wrapper.BaseObject;
        switch (plain)
        {
            case null or DBNull:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case SwitchParameter flag:
                writer.WriteBooleanValue(flag.IsPresent);
                break;
            case Enum named:
                writer.WriteStringValue(named.ToString());
                break;
            case sbyte or byte or short or ushort or int or long:
                writer.WriteNumberValue(Convert.ToInt64(plain, CultureInfo.InvariantCulture));
                break;
            case uint or ulong:
                writer.WriteNumberValue(Convert.ToUInt64(plain, CultureInfo.InvariantCulture));
                break;
            case float number when float.IsFinite(number):
                WriteFraction(number);
                break;
            case double number when double.IsFinite(number):
                WriteFraction(number);
                break;
            case decimal number:
                writer.WriteNumberValue(number);
                break;
            case BigInteger or Int128 or UInt128:
                writer.WriteRawValue(((IFormattable)plain).ToString(null, CultureInfo.InvariantCulture));
                break;
            case DateTime or DateTimeOffset or DateOnly or TimeOnly:
                writer.WriteStringValue(((IFormattable)plain).ToString("O", CultureInfo.InvariantCulture));
                break;
            case byte[] bytes when bytes.GetType() == typeof(byte[]):
                writer.WriteBase64StringValue(bytes);
                break;
            case IIpcObject live:
                WriteReference(live.PassOn());
                break;
            case IFormattable and not IEnumerable:
                writer.WriteStringValue(((IFormattable)plain).ToString(null, CultureInfo.InvariantCulture));
                break;
            case Guid or Uri or Version or Type or ScriptBlock or char or Delegate:
                writer.WriteStringValue(PropertyReader.TextOf(plain));
                break;
            default:
                if (TextForms.Of(plain) is { } form)
                {
                    writer.WriteStringValue(form);
                }
                else
                {
                    WriteContainer(plain, wrapper ?? PSObject.AsPSObject(plain), inObject);
                }

                break;
        }
    }

    /// <summary>A number that arrives as a fraction although it is whole: 1.0, not 1.</summary>
    private void WriteFraction(IFormattable number)
    {
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        writer.WriteRawValue(text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text);
    }

    private void WriteReference(IpcReference reference)
    {
        writer.WriteStartObject();
        writer.WriteStartObject(ReferenceShape.Property);
        writer.WriteNumber(ReferenceShape.Kind, (int)reference.Kind);
        writer.WriteString(ReferenceShape.Name, reference.Name);
        writer.WriteString(ReferenceShape.Directory, reference.Directory);
        writer.WriteNumber(ReferenceShape.Part, reference.Part);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteContainer(object plain, PSObject wrapper, bool inObject)
    {
        bool isCustom = plain is PSCustomObject;
        IEnumerable? items = isCustom || plain is IDictionary ? null : LanguagePrimitives.GetEnumerable(plain);
        if (inObject && !isCustom && plain is not IDictionary && items is null && plain.GetType().FullName != "System.Data.DataRow")
        {
            writer.WriteStringValue(PropertyReader.TextOf(plain));
            return;
        }

        Enter(isCustom ? wrapper : plain);
        if (plain is IDictionary dictionary)
        {
            WriteDictionary(dictionary, inObject);
        }
        else if (items is not null)
        {
            writer.WriteStartArray();
            foreach (object? item in items)
            {
                Write(item, inObject);
            }

            writer.WriteEndArray();
        }
        else if (plain.GetType().FullName == "System.Data.DataRow")
        {
            WriteRow(plain, inObject);
        }
        else
        {
            WriteProperties(wrapper, inObject || !isCustom);
        }

        _ancestors.Pop();
    }

    private void Enter(object container)
    {
        if (_ancestors.Contains(container, ReferenceEqualityComparer.Instance))
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.JsonCycle.With(container.GetType()));
        }

        if (_ancestors.Count >= deepest)
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.JsonNestedTooDeep.With(deepest));
        }

        _ancestors.Push(container);
    }

    private void WriteDictionary(IDictionary dictionary, bool inObject)
    {
        writer.WriteStartObject();
        foreach (DictionaryEntry entry in dictionary)
        {
            writer.WritePropertyName(LanguagePrimitives.ConvertTo<string>(entry.Key) ?? "");
            Write(entry.Value, inObject);
        }

        writer.WriteEndObject();
    }

    /// <summary>A row by its columns. Apart, since it loads System.Data.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteRow(object plain, bool inObject)
    {
        var row = (System.Data.DataRow)plain;
        writer.WriteStartObject();
        foreach (System.Data.DataColumn column in row.Table.Columns)
        {
            writer.WritePropertyName(column.ColumnName);
            Write(row[column], inObject);
        }

        writer.WriteEndObject();
    }

    private void WriteProperties(PSObject wrapper, bool inObject)
    {
        writer.WriteStartObject();
        foreach (PSPropertyInfo property in wrapper.Properties)
        {
            writer.WritePropertyName(property.Name);
            Write(PropertyReader.ValueOf(property), inObject);
        }

        writer.WriteEndObject();
    }
}
