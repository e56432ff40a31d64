using System.Collections;
using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using System.Management.Automation;

namespace PSIpc.MessagePack;

/// <summary>A collection type of the closed list, without its element types.</summary>
/// <param name="Code">Its number.</param>
/// <param name="Type">The type, or the generic definition.</param>
/// <param name="Shape">What its values are.</param>
/// <param name="HasKeys">Whether what its first type argument stands for is compared or hashed.</param>
/// <param name="IsReversed">Whether it gives its elements last first, against the order in which it takes them.</param>
internal sealed record CollectionDefinition(byte Code, Type Type, CollectionShape Shape, bool HasKeys = false, bool IsReversed = false)
{
    /// <summary>The number of an array of one dimension.</summary>
    public const byte ArrayCode = 128;

    private static readonly CollectionDefinition[] All =
    [
        new(ArrayCode, typeof(Array), CollectionShape.Sequence),
        new(140, typeof(List<>), CollectionShape.Sequence),
        new(141, typeof(HashSet<>), CollectionShape.Sequence, HasKeys: true),
        new(142, typeof(SortedSet<>), CollectionShape.Sequence, HasKeys: true),
        new(143, typeof(Queue<>), CollectionShape.Sequence),
        new(144, typeof(Stack<>), CollectionShape.Sequence, IsReversed: true),
        new(145, typeof(LinkedList<>), CollectionShape.Sequence),
        new(146, typeof(ConcurrentBag<>), CollectionShape.Sequence, IsReversed: true),
        new(147, typeof(ConcurrentQueue<>), CollectionShape.Sequence),
        new(148, typeof(ConcurrentStack<>), CollectionShape.Sequence, IsReversed: true),
        new(149, typeof(Collection<>), CollectionShape.Sequence),
        new(150, typeof(ObservableCollection<>), CollectionShape.Sequence),
        new(151, typeof(ReadOnlyCollection<>), CollectionShape.Sequence),
        new(160, typeof(ArrayList), CollectionShape.Sequence),
        new(161, typeof(Queue), CollectionShape.Sequence),
        new(162, typeof(Stack), CollectionShape.Sequence, IsReversed: true),
        new(163, typeof(StringCollection), CollectionShape.Sequence),
        new(170, typeof(Dictionary<,>), CollectionShape.Map, HasKeys: true),
        new(171, typeof(SortedDictionary<,>), CollectionShape.Map, HasKeys: true),
        new(172, typeof(SortedList<,>), CollectionShape.Map, HasKeys: true),
        new(173, typeof(ConcurrentDictionary<,>), CollectionShape.Map, HasKeys: true),
        new(174, typeof(SortedList), CollectionShape.Map),
        new(175, typeof(PSPrimitiveDictionary), CollectionShape.Map),
        new(180, typeof(KeyValuePair<,>), CollectionShape.Tuple),
        new(181, typeof(Tuple<>), CollectionShape.Tuple),
        new(182, typeof(Tuple<,>), CollectionShape.Tuple),
        new(183, typeof(Tuple<,,>), CollectionShape.Tuple),
        new(184, typeof(Tuple<,,,>), CollectionShape.Tuple),
        new(185, typeof(Tuple<,,,,>), CollectionShape.Tuple),
        new(186, typeof(Tuple<,,,,,>), CollectionShape.Tuple),
        new(187, typeof(Tuple<,,,,,,>), CollectionShape.Tuple),
        new(188, typeof(Tuple<,,,,,,,>), CollectionShape.Tuple),
        new(191, typeof(ValueTuple<>), CollectionShape.Tuple),
        new(192, typeof(ValueTuple<,>), CollectionShape.Tuple),
        new(193, typeof(ValueTuple<,,>), CollectionShape.Tuple),
        new(194, typeof(ValueTuple<,,,>), CollectionShape.Tuple),
        new(195, typeof(ValueTuple<,,,,>), CollectionShape.Tuple),
        new(196, typeof(ValueTuple<,,,,,>), CollectionShape.Tuple),
        new(197, typeof(ValueTuple<,,,,,,>), CollectionShape.Tuple),
        new(198, typeof(ValueTuple<,,,,,,,>), CollectionShape.Tuple),
    ];

    private static readonly Dictionary<Type, CollectionDefinition> ByType = All.ToDictionary(d => d.Type);
    private static readonly Dictionary<byte, CollectionDefinition> ByCode = All.ToDictionary(d => d.Code);

    /// <summary>How many types follow it in a descriptor.</summary>
    public int ArgumentCount { get; } = Code == ArrayCode ? 1 : Type.IsGenericType ? Type.GetGenericArguments().Length : 0;

    /// <summary>The definition of a type; null if it has none.</summary>
    public static CollectionDefinition? Of(Type type) => type == typeof(Array)
        ? null
        : ByType.GetValueOrDefault(type.IsSZArray ? typeof(Array) : type.IsConstructedGenericType ? type.GetGenericTypeDefinition() : type);

    /// <summary>The definition that has a number; null if none has.</summary>
    public static CollectionDefinition? ByNumber(byte code) => ByCode.GetValueOrDefault(code);

    /// <summary>The type with element types.</summary>
    public Type Make(Type[] arguments) => Code == ArrayCode ? arguments[0].MakeArrayType() : arguments.Length == 0 ? Type : Type.MakeGenericType(arguments);
}
