using System.Reflection;
using System.Reflection.Emit;

namespace PSIpc;

/// <summary>Makes .NET enumerations of C's, so that their values have names at the prompt.</summary>
internal static class CEnumTypes
{
    // A type that was made stays for as long as any of them does. Those that messages declare have a small share of their own.
    private const int MostTypes = 10_000;
    private const int MostReceivedTypes = 100;

    private static readonly ModuleBuilder Module = AssemblyBuilder
        .DefineDynamicAssembly(new AssemblyName("PSIpc.CEnums"), AssemblyBuilderAccess.RunAndCollect)
        .DefineDynamicModule("PSIpc.CEnums");

    private static readonly Dictionary<string, Type> Known = new(StringComparer.Ordinal);
    private static int _received;

    /// <summary>The enumeration with these constants; null when there are too many. Two that are declared alike are one.</summary>
    public static Type? Define(string name, CScalarType number, IReadOnlyDictionary<string, long> constants, bool isReceived)
    {
        Type underlying = NumberOf(number);
        string key = $"{name}:{underlying.Name}:{string.Join(",", constants.Select(c => $"{c.Key}={c.Value}"))}";
        lock (Known)
        {
            if (Known.TryGetValue(key, out Type? known))
            {
                return known;
            }

            if (isReceived ? _received >= MostReceivedTypes : Known.Count >= MostTypes + MostReceivedTypes)
            {
                return null;
            }

            _received += isReceived ? 1 : 0;

            string typeName = name.StartsWith("enum ", StringComparison.Ordinal) ? name["enum ".Length..] : name;
            EnumBuilder builder = Module.DefineEnum($"CEnum{Known.Count}.{typeName}", TypeAttributes.Public, underlying);
            foreach ((string constant, long value) in constants)
            {
                builder.DefineLiteral(constant, Cast(value, underlying));
            }

            return Known[key] = builder.CreateTypeInfo().AsType();
        }
    }

    private static Type NumberOf(CScalarType number) => (number.Kind, number.Size) switch
    {
        (CScalarKind.Signed, 1) => typeof(sbyte),
        (_, 1) => typeof(byte),
        (CScalarKind.Signed, 2) => typeof(short),
        (_, 2) => typeof(ushort),
        (CScalarKind.Signed, 4) => typeof(int),
        (_, 4) => typeof(uint),
        (CScalarKind.Signed, _) => typeof(long),
        _ => typeof(ulong),
    };

    private static object Cast(long value, Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.SByte => (sbyte)value,
        TypeCode.Byte => (byte)value,
        TypeCode.Int16 => (short)value,
        TypeCode.UInt16 => (ushort)value,
        TypeCode.Int32 => (int)value,
        TypeCode.UInt32 => (uint)value,
        TypeCode.Int64 => value,
        _ => (object)(ulong)value,
    };
}
