using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.InteropServices;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The .NET types that the runtime passes as C's: numbers, addresses, and structures with fields at C's places.</summary>
internal static class CallTypes
{
    // AArch64 passes up to four floating-point members of at most 16 bytes in registers; nothing larger is looked into.
    private const int LargestInRegisters = 64;

    private static readonly ModuleBuilder Module = AssemblyBuilder
        .DefineDynamicAssembly(new AssemblyName("PSIpc.NativeTypes"), AssemblyBuilderAccess.Run)
        .DefineDynamicModule("PSIpc.NativeTypes");

    // By their shapes, so that structures that are declared again have the same type.
    private static readonly Dictionary<string, Type> Structures = new(StringComparer.Ordinal);
    private static int _made;

    /// <summary>The .NET type of a C type that is passed or returned.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/>.</exception>
    public static Type Of(CType type) => type switch
    {
        CVoidType => typeof(void),
        CPointerType => typeof(nint),
        CEnumType named => Of(named.Number),
        CScalarType scalar => Of(scalar),
        CStructType structure => Of(structure),
        _ => throw Unsupported(Messages.NativeNotByValue.With(type)),
    };

    /// <summary>A delegate type with C's calling convention.</summary>
    public static Type Delegate(Type returns, Type[] parameters)
    {
        lock (Module)
        {
            TypeBuilder builder = Module.DefineType($"Callback{_made++}", TypeAttributes.Sealed | TypeAttributes.Public, typeof(MulticastDelegate));
            builder.SetCustomAttribute(new CustomAttributeBuilder(
                typeof(UnmanagedFunctionPointerAttribute).GetConstructor([typeof(CallingConvention)])!, [CallingConvention.Cdecl]));
            builder.DefineConstructor(
                MethodAttributes.RTSpecialName | MethodAttributes.HideBySig | MethodAttributes.Public, CallingConventions.Standard, [typeof(object), typeof(nint)])
                .SetImplementationFlags(MethodImplAttributes.Runtime | MethodImplAttributes.Managed);
            builder.DefineMethod("Invoke", MethodAttributes.Public | MethodAttributes.HideBySig | MethodAttributes.NewSlot | MethodAttributes.Virtual, returns, parameters)
                .SetImplementationFlags(MethodImplAttributes.Runtime | MethodImplAttributes.Managed);
            return builder.CreateType();
        }
    }

    private static Type Of(CScalarType type) => (type.Kind, type.Size) switch
    {
        (CScalarKind.Bool, _) => typeof(byte),
        (CScalarKind.Signed, 1) => typeof(sbyte),
        (CScalarKind.Unsigned, 1) => typeof(byte),
        (CScalarKind.Signed, 2) => typeof(short),
        (CScalarKind.Unsigned, 2) => typeof(ushort),
        (CScalarKind.Signed, 4) => typeof(int),
        (CScalarKind.Unsigned, 4) => typeof(uint),
        (CScalarKind.Signed, 8) => typeof(long),
        (CScalarKind.Unsigned, 8) => typeof(ulong),
        (CScalarKind.Float, 4) => typeof(float),
        (CScalarKind.Float, 8) => typeof(double),
        _ => throw Unsupported(Messages.NativeTypeNotPassed.With(type)),
    };

    private static Type Of(CStructType type)
    {
        lock (Module)
        {
            return Define(type);
        }
    }

    private static Type Define(CStructType type)
    {
        var places = new SortedDictionary<(long Offset, string Type), Type>();
        if (type.Size <= LargestInRegisters)
        {
            Collect(type, 0, places);
        }
        else
        {
            places.Add((0, ""), type.Alignment switch { 1 => typeof(byte), 2 => typeof(short), 4 => typeof(int), _ => typeof(long) });
        }

        string shape = $"{type.Size}:{string.Join(",", places.Select(p => $"{p.Key.Offset}{p.Value.Name}"))}";
        if (Structures.TryGetValue(shape, out Type? known))
        {
            return known;
        }

        TypeBuilder builder = Module.DefineType(
            $"Structure{_made++}",
            TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.ExplicitLayout,
            typeof(ValueType),
            PackingSize.Unspecified,
            (int)type.Size);
        int number = 0;
        foreach (((long offset, _), Type place) in places)
        {
            builder.DefineField($"F{number++}", place, FieldAttributes.Public).SetOffset((int)offset);
        }

        return Structures[shape] = builder.CreateType();
    }

    /// <summary>The numbers in a type, by which the calling conventions choose registers. Of bit fields, their bytes.</summary>
    private static void Collect(CType type, long offset, SortedDictionary<(long Offset, string Type), Type> places)
    {
        switch (type)
        {
            case CStructType structure:
                foreach (CStructField member in structure.Members)
                {
                    long last = member.IsBitField ? (member.BitOffset + member.BitWidth - 1) / 8 : 0;
                    for (long i = 0; member.IsBitField && i <= last; i++)
                    {
                        places.TryAdd((offset + member.Offset + i, nameof(Byte)), typeof(byte));
                    }

                    if (!member.IsBitField)
                    {
                        Collect(member.ValueType, offset + member.Offset, places);
                    }
                }

                break;
            case CArrayType array:
                for (long i = 0; i < array.Count; i++)
                {
                    Collect(array.Element, offset + (i * array.Element.Size), places);
                }

                break;
            default:
                Type place = Of(type);
                places.TryAdd((offset, place.Name), place);
                break;
        }
    }

    private static IpcException Unsupported(string what) => new(IpcErrorKind.NotSupported, Messages.NativePointerIs.With(what));
}
