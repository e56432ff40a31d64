using PSIpc.Core.Memory;

namespace PSIpc;

/// <summary>Sums and extremes of many elements, by the processor's vector instructions. In an assembly of its own, with what it depends on.</summary>
internal interface IReductions
{
    /// <summary>The sum: Int64 of whole numbers with a sign, UInt64 of those without, a BigInteger where that is too small; Double of Half, Single and Double; else the type's own.</summary>
    /// <exception cref="Core.IpcException"><see cref="Core.IpcErrorKind.NotSupported"/> for a type without a sum.</exception>
    object Sum(ElementType element, nint address, long length);

    /// <summary>The smallest; NaN if there is one.</summary>
    /// <exception cref="Core.IpcException"><see cref="Core.IpcErrorKind.NotSupported"/> for a type without an order.</exception>
    object Min(ElementType element, nint address, long length);

    /// <summary>The largest; NaN if there is one.</summary>
    /// <exception cref="Core.IpcException"><see cref="Core.IpcErrorKind.NotSupported"/> for a type without an order.</exception>
    object Max(ElementType element, nint address, long length);
}
