namespace PSIpc;

/// <summary>The value of a constant expression with its C type: int or long long, signed or not (ISO C 6.3.1).</summary>
/// <param name="Value">The value; of an unsigned one of 64 bits, its bits.</param>
/// <param name="IsUnsigned">Whether its type is unsigned.</param>
/// <param name="IsLong">Whether its type has 64 bits, else 32.</param>
internal readonly record struct CConstant(long Value, bool IsUnsigned, bool IsLong)
{
    /// <summary>Whether it is below 0.</summary>
    public bool IsNegative => !IsUnsigned && Value < 0;

    /// <summary>An int, or a long long if it is too large.</summary>
    public static CConstant Of(long value) => new(value, IsUnsigned: false, IsLong: value is < int.MinValue or > int.MaxValue);

    /// <summary>A value of a type: what does not fit goes around, as in C.</summary>
    public static CConstant Wrap(long value, bool isUnsigned, bool isLong) =>
        new(isLong ? value : isUnsigned ? (uint)value : (int)value, isUnsigned, isLong);

    /// <summary>The value as a result of an operation of two operands has it: the wider one's type, unsigned if that is.</summary>
    public static CConstant Wrap(long value, CConstant left, CConstant right)
    {
        bool isLong = left.IsLong || right.IsLong;
        bool isUnsigned = (left.IsUnsigned && left.IsLong == isLong) || (right.IsUnsigned && right.IsLong == isLong);
        return Wrap(value, isUnsigned, isLong);
    }
}
