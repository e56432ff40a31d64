using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// Reads one pickle: the stack machine of CPython's <c>Lib/pickle.py</c> (<c>_Unpickler</c>), protocols 0 to 5, for data. No opcode can import, call or
/// make anything but what <see cref="PythonGlobal"/> lists. Memory and time are bounded by the length of the pickle.
/// </summary>
internal sealed partial class PickleReader
{
    private const int SmallBudget = 64 << 10;
    private const int BudgetPerByte = 4;
    private const int SmallestCached = -5;
    private const int LargestCached = 1024;

    private static readonly object True = true;
    private static readonly object False = false;
    private static readonly object[] SmallIntegers = [.. Enumerable.Range(SmallestCached, LargestCached - SmallestCached + 1).Select(i => (object)i)];

    [ThreadStatic]
    private static PickleReader? _free;

    private readonly PickleStack _stack = new();
    private readonly PickleMemo _memo = new();
    private readonly Dictionary<object, int> _frozenWeights = new(ReferenceEqualityComparer.Instance);

    // Where unknown classes are data: the description of each name, and what descriptions stand for.
    private readonly Dictionary<string, PSObject> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<PSObject, object> _described = new(ReferenceEqualityComparer.Instance);
    private bool _allowUnknown;
    private long _budget;

    /// <summary>Reads a pickle.</summary>
    /// <param name="data">All of its bytes.</param>
    /// <param name="allowUnknown">Whether objects of unlisted classes are read as data.</param>
    /// <exception cref="FormatException">It is none, or more than is read.</exception>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.TypeNotAllowed"/>.</exception>
    public static object? Read(ReadOnlySpan<byte> data, bool allowUnknown)
    {
        PickleReader reader = _free ?? new PickleReader();
        _free = null;
        try
        {
            reader._allowUnknown = allowUnknown;
            reader._budget = SmallBudget + ((long)BudgetPerByte * data.Length);
            return reader.Run(data);
        }
        finally
        {
            reader._stack.Clear();
            reader._memo.Clear();
            reader._frozenWeights.Clear();
            reader._names.Clear();
            reader._described.Clear();
            _free = reader;
        }
    }

    /// <summary>
    /// Counts work that the pickle asks for again and again of parts that it has once: more of it than it has bytes is refused. A pickle that Python wrote uses each part
    /// of this kind once.
    /// </summary>
    public void Charge(long steps)
    {
        _budget -= steps;
        if (_budget < 0)
        {
            throw new FormatException(Messages.ReasonPickleTooMuchWork);
        }
    }

    private object? Run(ReadOnlySpan<byte> data)
    {
        var input = new PickleInput(data);
        while (true)
        {
            byte opcode = input.Byte();
            switch (opcode)
            {
                case PickleOpcode.BinInt1:
                    PushInteger(input.Byte());
                    break;
                case PickleOpcode.BinInt2:
                    PushInteger(input.UInt16());
                    break;
                case PickleOpcode.BinInt:
                    PushInteger(input.Int32());
                    break;
                case PickleOpcode.BinFloat:
                    _stack.Push(input.Double());
                    break;
                case PickleOpcode.ShortBinUnicode:
                    _stack.Push(PythonText.Decode(input.Take(input.Byte())));
                    break;
                case PickleOpcode.Memoize:
                    object? top = _stack.Peek(out int topNode);
                    _memo.Put(_memo.Count, top, topNode);
                    break;
                case PickleOpcode.BinGet:
                    PushRemembered(input.Byte());
                    break;
                case PickleOpcode.LongBinGet:
                    PushRemembered(input.UInt32());
                    break;
                case PickleOpcode.BinPut:
                    Remember(input.Byte());
                    break;
                case PickleOpcode.LongBinPut:
                    Remember(input.UInt32());
                    break;
                case PickleOpcode.None:
                    _stack.Push(null);
                    break;
                case PickleOpcode.NewTrue:
                    _stack.Push(True);
                    break;
                case PickleOpcode.NewFalse:
                    _stack.Push(False);
                    break;
                case PickleOpcode.Mark:
                    _stack.Mark();
                    break;
                case PickleOpcode.Append:
                    Append(1);
                    break;
                case PickleOpcode.Appends:
                    Append(_stack.TakeMark());
                    break;
                case PickleOpcode.SetItem:
                    SetItems(2);
                    break;
                case PickleOpcode.SetItems:
                    SetItems(_stack.TakeMark());
                    break;
                case PickleOpcode.EmptyDict:
                    _stack.PushContainer(new PythonDict());
                    break;
                case PickleOpcode.EmptyList:
                    _stack.PushContainer(new List<object?>());
                    break;
                case PickleOpcode.Frame:
                    input.Frame();
                    break;
                case PickleOpcode.Stop:
                    return Result(input);
                default:
                    if (!TryContainer(opcode) && !TryText(opcode, ref input) && !TryScalar(opcode, ref input) && !TryObject(opcode, ref input))
                    {
                        throw new FormatException(Messages.ReasonPickleNoOpcode.With(opcode));
                    }

                    break;
            }
        }
    }

    private object? Result(PickleInput input)
    {
        object? result = _stack.Peek(out _);
        return _stack.TopIsInternal ? throw _stack.Refusal(1)
            : input.IsAtEnd ? result
            : throw new FormatException(Messages.ReasonBytesFollow);
    }

    private void PushInteger(int value) =>
        _stack.Push(value is >= SmallestCached and <= LargestCached ? SmallIntegers[value - SmallestCached] : value);

    private void PushRemembered(long number) => _stack.Push(_memo.Get(number, out int node), node);

    private void Remember(long number)
    {
        object? top = _stack.Peek(out int node);
        _memo.Put(number, top, node);
    }

    private bool TryScalar(byte opcode, ref PickleInput input)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                int protocol = input.Byte();
                return protocol <= PickleOptions.HighestProtocol ? true : throw new FormatException(Messages.ReasonPickleProtocol.With(protocol, PickleOptions.HighestProtocol));
            case PickleOpcode.BinUnicode:
                _stack.Push(PythonText.Decode(input.Take(input.UInt32())));
                return true;
            case PickleOpcode.BinUnicode8:
                _stack.Push(PythonText.Decode(input.Take(input.UInt64())));
                return true;
            case PickleOpcode.ShortBinBytes:
                _stack.Push(PythonBytes.ToArray(input.Take(input.Byte())));
                return true;
            case PickleOpcode.BinBytes:
                _stack.Push(PythonBytes.ToArray(input.Take(input.UInt32())));
                return true;
            case PickleOpcode.BinBytes8:
                _stack.Push(PythonBytes.ToArray(input.Take(input.UInt64())));
                return true;
            case PickleOpcode.ByteArray8:
                _stack.Push(PythonBytes.ToList(input.Take(input.UInt64())));
                return true;
            case PickleOpcode.Long1:
                _stack.Push(PythonNumbers.FromBytes(input.Take(input.Byte())));
                return true;
            case PickleOpcode.Long4:
                int length = input.Int32();
                _stack.Push(length >= 0 ? PythonNumbers.FromBytes(input.Take((ulong)length)) : throw new FormatException(Messages.ReasonNumberNegativeLength));
                return true;
            case PickleOpcode.ShortBinString:
                _stack.Push(PythonText.OfPython2(input.Take(input.Byte())));
                return true;
            case PickleOpcode.BinString:
                int bytes = input.Int32();
                _stack.Push(bytes >= 0 ? PythonText.OfPython2(input.Take((ulong)bytes)) : throw new FormatException(Messages.ReasonTextNegativeLength));
                return true;
            default:
                return false;
        }
    }

    /// <summary>The opcodes of protocol 0, whose arguments are lines of text.</summary>
    private bool TryText(byte opcode, ref PickleInput input)
    {
        switch (opcode)
        {
            case PickleOpcode.Int:
                ReadOnlySpan<byte> digits = input.Line();
                _stack.Push(digits.SequenceEqual("00"u8) ? False : digits.SequenceEqual("01"u8) ? True : PythonNumbers.FromDigits(digits));
                return true;
            case PickleOpcode.Long:
                ReadOnlySpan<byte> line = input.Line();
                _stack.Push(PythonNumbers.FromDigits(line.EndsWith("L"u8) ? line[..^1] : line));
                return true;
            case PickleOpcode.Float:
                _stack.Push(PythonNumbers.FloatFromText(input.Text()));
                return true;
            case PickleOpcode.String:
                _stack.Push(PythonText.FromQuoted(input.Line()));
                return true;
            case PickleOpcode.Unicode:
                _stack.Push(PythonText.FromRawUnicodeEscape(input.Line()));
                return true;
            case PickleOpcode.Get:
                PushRemembered(PythonNumbers.IndexFrom(input.Line()));
                return true;
            case PickleOpcode.Put:
                Remember(PythonNumbers.IndexFrom(input.Line()));
                return true;
            default:
                return false;
        }
    }
}
