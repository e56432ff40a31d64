using CsCheck;

namespace PSIpc.Tests;

/// <summary>Random graphs of objects come back from each serializer as they were.</summary>
public sealed class PropertyTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("MessagePack", 500)]
    [InlineData("Json", 500)]
    [InlineData("MessagePack", 5000, Traits = ["Tier", "Long"])]
    [InlineData("Json", 5000, Traits = ["Tier", "Long"])]
    [InlineData("CliXml", 500)]
    public void A_random_graph_comes_back_as_it_was(string name, int rounds)
    {
        var serializer = new SerializerHandle(_session, name);
        RandomGraph.For(name).Sample(
            graph =>
            {
                byte[] bytes = serializer.Write(graph);
                object? back = serializer.Read(bytes);
                Assert.Null(RandomGraph.Difference(graph, back));
                if (name != "CliXml")
                {
                    // CliXml marks what it read as Deserialized. A hashtable's order may be another, not its size.
                    Assert.Equal(bytes.Length, serializer.Write(back).Length);
                }
            },
            iter: rounds,
            threads: 1);
    }

    [Theory]
    [InlineData("MessagePack")]
    [InlineData("CliXml")]
    public void A_random_graph_survives_another_serializer_in_between(string name)
    {
        var first = new SerializerHandle(_session, "Json");
        var second = new SerializerHandle(_session, name);
        RandomGraph.For("Json").Sample(
            graph => Assert.Null(RandomGraph.Difference(graph, first.Read(first.Write(second.Read(second.Write(graph)))))), iter: 500, threads: 1);
    }

    [Fact]
    public void Random_bytes_stay_bytes_in_Raw()
    {
        var serializer = new SerializerHandle(_session, "Raw");
        Gen.Byte.Array[0, 3000].Sample(bytes => Assert.Equal(bytes, (byte[])serializer.Read(serializer.Write(bytes))!), iter: 1000, threads: 1);
    }
}
