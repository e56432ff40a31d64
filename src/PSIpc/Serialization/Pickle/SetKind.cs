using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace PSIpc;

/// <summary>Which classes are sets, and which of them do not change.</summary>
internal static class SetKind
{
    private static readonly ConditionalWeakTable<Type, object> Known = [];

    /// <summary>Whether a class is a set that does not change; null when it is no set.</summary>
    public static bool? Of(Type type) => Known.GetValue(type, static t => (object?)Find(t) ?? DBNull.Value) as bool?;

    private static bool? Find(Type type)
    {
        Type[] interfaces = [.. type.GetInterfaces().Where(i => i.IsGenericType).Select(i => i.GetGenericTypeDefinition())];
        bool isFrozen = interfaces.Contains(typeof(IImmutableSet<>))
            || (type.BaseType is { IsGenericType: true } && Ancestors(type).Any(a => a.IsGenericType && a.GetGenericTypeDefinition() == typeof(FrozenSet<>)));
        return isFrozen ? true : interfaces.Contains(typeof(ISet<>)) ? false : null;
    }

    private static IEnumerable<Type> Ancestors(Type type)
    {
        for (Type? at = type; at is not null; at = at.BaseType)
        {
            yield return at;
        }
    }
}
