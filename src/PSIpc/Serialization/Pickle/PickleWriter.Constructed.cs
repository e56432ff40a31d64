using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Values that Python makes by a constructor.</summary>
internal sealed partial class PickleWriter
{
    private const string UuidState = "int";

    private bool TryWriteConstructed(object value)
    {
        switch (value)
        {
            case DateTime { Kind: DateTimeKind.Unspecified } time:
                WriteDateTime(time, null);
                return true;
            case DateTime { Kind: DateTimeKind.Utc } time:
                WriteDateTime(time, TimeSpan.Zero);
                return true;
            case DateTime time:
                WriteDateTime(time, TimeZoneInfo.Local.GetUtcOffset(time));
                return true;
            case DateTimeOffset time:
                WriteDateTime(time.DateTime, time.Offset);
                return true;
            case DateOnly date:
                WriteCall(PythonName.Date, PythonTime.ToBytes(date));
                return true;
            case TimeOnly time:
                WriteCall(PythonName.Time, PythonTime.ToBytes(time));
                return true;
            case TimeSpan span:
                WriteDelta(span);
                return true;
            case TimeZoneInfo zone:
                WriteZone(zone);
                return true;
            case decimal number:
                WriteGlobal(PythonName.Decimal);
                WriteNewText(number.ToString(CultureInfo.InvariantCulture));
                Memoize(null);
                EndCall(PickleOpcode.Tuple1);
                return true;
            case Guid id:
                WriteUuid(id);
                return true;
            case Complex number:
                WriteGlobal(PythonName.Complex);
                _output.Double(PickleOpcode.BinFloat, number.Real);
                _output.Double(PickleOpcode.BinFloat, number.Imaginary);
                EndCall(PickleOpcode.Tuple2);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A call with one argument, bytes.</summary>
    private void WriteCall(PythonName name, byte[] bytes)
    {
        WriteGlobal(name);
        WriteBytes(bytes);
        EndCall(PickleOpcode.Tuple1);
    }

    private void EndCall(byte tuple)
    {
        _output.Byte(tuple);
        Memoize(null);
        _output.Byte(PickleOpcode.Reduce);
        Memoize(null);
    }

    private void WriteDateTime(DateTime time, TimeSpan? offset)
    {
        if (offset is not { } zone)
        {
            WriteCall(PythonName.DateTime, PythonTime.ToBytes(time));
            return;
        }

        WriteGlobal(PythonName.DateTime);
        WriteBytes(PythonTime.ToBytes(time));
        WriteZone(zone, null);
        EndCall(PickleOpcode.Tuple2);
    }

    private void WriteDelta(TimeSpan span)
    {
        (int days, int seconds, int microseconds) = PythonTime.Parts(span);
        WriteGlobal(PythonName.TimeDelta);
        WriteInt32(days);
        WriteInt32(seconds);
        WriteInt32(microseconds);
        EndCall(PickleOpcode.Tuple3);
    }

    private void WriteZone(TimeZoneInfo zone)
    {
        if (zone.SupportsDaylightSavingTime)
        {
            throw new IpcException(
                IpcErrorKind.Serialization, Messages.PickleTimeZoneChanges.With(zone.Id));
        }

        bool isNamed = zone.BaseUtcOffset != TimeSpan.Zero || zone.Id != TimeZoneInfo.Utc.Id;
        WriteZone(zone.BaseUtcOffset, isNamed && zone.Id != PythonTime.NameOf(zone.BaseUtcOffset) ? zone.Id : null);
    }

    private void WriteZone(TimeSpan offset, string? name)
    {
        if (_zones.TryGetValue((offset, name), out int number))
        {
            WriteGet(number);
            return;
        }

        WriteGlobal(PythonName.TimeZone);
        WriteDelta(offset);
        if (name is not null)
        {
            WriteText(name);
        }

        _output.Byte(name is null ? PickleOpcode.Tuple1 : PickleOpcode.Tuple2);
        Memoize(null);
        _output.Byte(PickleOpcode.Reduce);
        _zones[(offset, name)] = _written.Next;
        Memoize(null);
    }

    private void WriteUuid(Guid id)
    {
        WriteGlobal(PythonName.Uuid);
        _output.Bytes(PickleOpcode.EmptyTuple, PickleOpcode.NewObj);
        Memoize(null);
        _output.Byte(PickleOpcode.EmptyDict);
        Memoize(null);
        WriteText(UuidState);
        WriteBig(new BigInteger(id.ToByteArray(bigEndian: true), isUnsigned: true, isBigEndian: true));
        _output.Bytes(PickleOpcode.SetItem, PickleOpcode.Build);
    }

    private void WriteByteArray(List<byte> bytes)
    {
        ReadOnlySpan<byte> span = CollectionsMarshal.AsSpan(bytes);
        if (_options.Protocol >= 5)
        {
            _output.Block(0, 0, PickleOpcode.ByteArray8, span);
            Memoize(bytes);
            return;
        }

        WriteGlobal(PythonName.ByteArray);
        if (bytes.Count == 0)
        {
            _output.Byte(PickleOpcode.EmptyTuple);
        }
        else
        {
            WriteBytes(span);
            _output.Byte(PickleOpcode.Tuple1);
            Memoize(null);
        }

        _output.Byte(PickleOpcode.Reduce);
        Memoize(bytes);
    }
}
