using System.Collections.Concurrent;
using System.Management.Automation;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using PSIpc.Core;
using PSIpc.Core.Memory;

namespace PSIpc;

/// <summary>The value of one type as bytes, and what can be added to it. One instance serves all threads.</summary>
internal abstract class ValueCodec
{
    private static readonly ConcurrentDictionary<ElementType, ValueCodec> Known = new();

    /// <summary>The codec that a layout asks for.</summary>
    public static ValueCodec Of(BlockLayout layout) => layout.Element switch
    {
        ElementType.Struct => new StructValue(CStructIpcSerializer.LayoutOf(layout.Declaration.Span)),
        ElementType.String => new TextValue(layout.ElementSize),
        _ => Known.GetOrAdd(layout.Element, static e => (ValueCodec)Activator.CreateInstance(
            (e is ElementType.Boolean or ElementType.Char ? typeof(PlainValue<>) : typeof(NumberValue<>)).MakeGenericType(ElementTypes.TypeOf(e)!))!),
    };

    /// <summary>Reads a value.</summary>
    public abstract object Read(ReadOnlySpan<byte> bytes);

    /// <summary>The bytes of a value.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> when it is none of the type.</exception>
    public abstract byte[] Write(object? value);

    /// <summary>The sum of a value and a number.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/>, or <see cref="IpcErrorKind.InvalidArgument"/> where the type is too small for it.</exception>
    public virtual object Add(object value, object? number) =>
        throw new IpcException(IpcErrorKind.NotSupported, Messages.ValueNotAddable.With(value.GetType().Name));

    private class PlainValue<T> : ValueCodec
        where T : unmanaged
    {
        public override object Read(ReadOnlySpan<byte> bytes)
        {
            if (typeof(T) == typeof(bool))
            {
                return bytes[0] != 0;
            }

            return Unsafe.ReadUnaligned<T>(in bytes[0]);
        }

        public override byte[] Write(object? value)
        {
            byte[] bytes = new byte[Unsafe.SizeOf<T>()];
            Unsafe.WriteUnaligned(ref bytes[0], Convert(value));
            return bytes;
        }

        protected static T Convert(object? value)
        {
            object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
            if (plain is T exact)
            {
                return exact;
            }

            try
            {
                return plain is null ? throw new PSInvalidCastException() : LanguagePrimitives.ConvertTo<T>(plain);
            }
            catch (PSInvalidCastException e)
            {
                throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ValueNotOfType.With(plain ?? "null", plain?.GetType().Name ?? "null", typeof(T).Name), null, e);
            }
        }
    }

    private sealed class NumberValue<T> : PlainValue<T>
        where T : unmanaged, INumberBase<T>
    {
        public override object Add(object value, object? number)
        {
            try
            {
                return checked((T)value + Convert(number));
            }
            catch (OverflowException e)
            {
                throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ValueOverflow.With(value, number, typeof(T).Name), null, e);
            }
        }
    }

    private sealed class TextValue(int capacity) : ValueCodec
    {
        private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        public override object Read(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

        public override byte[] Write(object? value)
        {
            string text = LanguagePrimitives.ConvertTo<string>(value) ?? "";
            try
            {
                byte[] bytes = Strict.GetBytes(text);
                return bytes.Length <= capacity
                    ? bytes
                    : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ValueTextTooLong.With(bytes.Length, capacity));
            }
            catch (EncoderFallbackException e)
            {
                throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ValueTextHalfPair, null, e);
            }
        }
    }

    private sealed class StructValue(CStruct layout) : ValueCodec
    {
        public override object Read(ReadOnlySpan<byte> bytes) => bytes.Length == layout.Size
            ? layout.Read(bytes)
            : throw new IpcException(IpcErrorKind.CorruptData, Messages.ValueBytesLength.With(bytes.Length, layout.Type.Title, layout.Size));

        public override byte[] Write(object? value) => layout.ToBytes(value);
    }
}
