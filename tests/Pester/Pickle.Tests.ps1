# Pickles of Python's standard library, in all protocols: time zones, the classes of collections, and with -AllowUnknown all that is data.

BeforeDiscovery { $python = Get-Command python3, python -CommandType Application -ErrorAction Ignore }

BeforeAll {
    . $PSScriptRoot/Setup.ps1

    # What Python writes for an expression, read in PowerShell.
    function ConvertFrom-Python([string] $Expression, [int] $Protocol = 4, [switch] $AllowUnknown) {
        $file = Join-Path $TestDrive 'pickle'
        $child = Start-Python @"
import pickle, sys, collections, datetime, zoneinfo, functools, uuid
class Shape:
    def __init__(self): self.sides = 3
open(sys.argv[1], 'wb').write(pickle.dumps($Expression, $Protocol))
"@ $file
        $child.WaitForExit()
        $child.ExitCode | Should -Be 0
        ConvertFrom-IpcData ([IO.File]::ReadAllBytes($file)) Pickle -AllowUnknown:$AllowUnknown -ErrorAction Stop
    }
}

AfterAll { Remove-TestObject }

Describe 'A time with a time zone' {
    It 'is read with the offset of its zone, protocol <_>' -TestCases 0, 1, 2, 3, 4, 5 -Skip:(-not $python) {
        $out = ConvertFrom-Python "{'when': datetime.datetime(2024, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')), 'id': 7}" $_
        $out['when'] | Should -BeOfType [DateTimeOffset]
        $out['when'].ToString('o') | Should -Be '2024-07-01T12:00:00.0000000+02:00'
        $out['id'] | Should -Be 7
    }

    It 'is that of winter, too, and of the hour that is there twice' -Skip:(-not $python) {
        (ConvertFrom-Python "datetime.datetime(2024, 1, 1, 12, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))").Offset.TotalHours | Should -Be 1
        (ConvertFrom-Python "datetime.datetime(2024, 10, 27, 2, 30, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))").Offset.TotalHours | Should -Be 2
        (ConvertFrom-Python "datetime.datetime(2024, 10, 27, 2, 30, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'), fold=1)").Offset.TotalHours | Should -Be 1
        (ConvertFrom-Python "datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo('UTC'))").Kind | Should -Be Utc
    }

    It 'is read of a zone alone' -Skip:(-not $python) {
        (ConvertFrom-Python "zoneinfo.ZoneInfo('Asia/Tokyo')") | Should -BeOfType [TimeZoneInfo]
    }

    It 'is read where the zone is one of <Library>' -TestCases @(
        @{ Library = 'dateutil, UTC'; Want = '2024-07-01T00:00:00.0000000Z'; Data = 'gASVSAAAAAAAAACMCGRhdGV0aW1llIwIZGF0ZXRpbWWUk5RDCgfoBwEAAAAAAACUjA5kYXRldXRpbC50ei50epSMBXR6dXRjlJOUKYGUhpRSlC4=' }
        @{ Library = 'dateutil, an offset'; Want = '2024-07-01T00:00:00.0000000+01:00'; Data = 'gASVgQAAAAAAAACMCGRhdGV0aW1llIwIZGF0ZXRpbWWUk5RDCgfoBwEAAAAAAACUjA5kYXRldXRpbC50ei50epSMCHR6b2Zmc2V0lJOUKYGUfZQojAVfbmFtZZSMAViUjAdfb2Zmc2V0lGgAjAl0aW1lZGVsdGGUk5RLAE0QDksAh5RSlHVihpRSlC4=' }
        @{ Library = 'pytz'; Want = '2024-07-01T12:00:00.0000000+02:00'; Data = 'gASVWgAAAAAAAACMCGRhdGV0aW1llIwIZGF0ZXRpbWWUk5RDCgfoBwEMAAAAAACUjARweXR6lIwCX3CUk5QojA1FdXJvcGUvQmVybGlulE0gHE0QDowEQ0VTVJR0lFKUhpRSlC4=' }
        @{ Library = 'pytz, UTC'; Want = '2024-07-01T00:00:00.0000000Z'; Data = 'gASVPQAAAAAAAACMCGRhdGV0aW1llIwIZGF0ZXRpbWWUk5RDCgfoBwEAAAAAAACUjARweXR6lIwEX1VUQ5STlClSlIaUUpQu' }
        @{ Library = 'pytz, an offset'; Want = '2024-07-01T00:00:00.0000000+01:30'; Data = 'gASVRwAAAAAAAACMCGRhdGV0aW1llIwIZGF0ZXRpbWWUk5RDCgfoBwEAAAAAAACUjARweXR6lIwLRml4ZWRPZmZzZXSUk5RLWoWUUpSGlFKULg==' }
    ) {
        (ConvertFrom-IpcData ([Convert]::FromBase64String($Data)) Pickle -ErrorAction Stop).ToString('o') | Should -Be $Want
    }

    It 'names a zone that this machine does not know, and looks for no file of another name' {
        foreach ($name in 'Nowhere/Atall', '../../../etc/hostname', '/etc/hostname') {
            $bytes = [Text.Encoding]::ASCII.GetBytes("cbuiltins`ngetattr`n(czoneinfo`nZoneInfo`nV_unpickle`ntR(V$name`nI1`ntR.")
            { ConvertFrom-IpcData $bytes Pickle -ErrorAction Stop } | Should -Throw -ErrorId 'IpcCorruptData,*' -ExpectedMessage '*time zone*'
            (ConvertFrom-IpcData $bytes Pickle -AllowUnknown).Item1 | Should -Be $name
        }
    }

    It 'reaches no other attribute by getattr' {
        foreach ($call in "(cdatetime`ndatetime`nVnow`ntR", "(czoneinfo`nZoneInfo`nVfrom_file`ntR", "(cos`nsystem`nV__call__`ntR") {
            $bytes = [Text.Encoding]::ASCII.GetBytes("cbuiltins`ngetattr`n$call.")
            { ConvertFrom-IpcData $bytes Pickle -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTypeNotAllowed,*'
        }
    }
}

Describe 'The classes of collections' {
    It 'are dictionaries and lists: <Expression>, protocol <Protocol>' -TestCases (
        0..5 | ForEach-Object {
            @{ Protocol = $_; Expression = "collections.defaultdict(list, {'a': [1]})"; Want = '{"a":[1]}' }
            @{ Protocol = $_; Expression = "collections.Counter('aab')"; Want = '{"a":2,"b":1}' }
            @{ Protocol = $_; Expression = 'collections.deque([1, 2], 5)'; Want = '[1,2]' }
        }
    ) -Skip:(-not $python) {
        ConvertTo-Json -Compress -InputObject (ConvertFrom-Python $Expression $Protocol) | Should -Be $Want
    }

    It 'need -AllowUnknown where a class of a script is in them' -Skip:(-not $python) {
        { ConvertFrom-Python "collections.defaultdict(Shape, {'a': 1})" } | Should -Throw -ErrorId 'IpcTypeNotAllowed,*'
        (ConvertFrom-Python "collections.defaultdict(Shape, {'a': 1})" -AllowUnknown)['a'] | Should -Be 1
    }
}

Describe '-AllowUnknown' {
    It 'reads all that is data, and describes the rest, protocol <_>' -TestCases 0, 1, 2, 3, 4, 5 -Skip:(-not $python) {
        $out = ConvertFrom-Python "{'when': datetime.datetime(2024, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')), 'shape': Shape(), 'function': len, 'class': Shape, 'known': datetime.date, 'method': 'abc'.upper, 'partial': functools.partial(int, base=2), 'time': datetime.time(1, 2, tzinfo=datetime.timezone.utc), 'id': uuid.UUID(int=5), 'list': [1, range(3)]}" $_ -AllowUnknown
        $out['when'].Offset.TotalHours | Should -Be 2
        $out['shape'].sides | Should -Be 3
        $out['shape'].pstypenames[0] | Should -Be '__main__.Shape'
        $out['function'].Name | Should -Be 'len'
        $out['class'].Module, $out['class'].Name | Should -Be '__main__', 'Shape'
        $out['known'].Module, $out['known'].Name | Should -Be 'datetime', 'date'
        $out['method'].pstypenames[0] | Should -Match 'getattr$'
        $out['method'].Item2 | Should -Be 'upper'
        $out['partial'].State[2]['base'] | Should -Be 2
        $out['time'].Item1 | Should -Be ([TimeOnly]::new(1, 2))
        $out['time'].Item2 | Should -BeOfType [TimeZoneInfo]
        $out['id'] | Should -Be '00000000-0000-0000-0000-000000000005'
        $out['list'][0] | Should -Be 1
    }

    It 'describes NumPy arrays of other types than numbers' {
        # numpy.array([1, 'a', None], dtype=object)
        $array = "cnumpy.core.multiarray`n_reconstruct`n(cnumpy`nndarray`n(I0`ntVb`ntR(I1`n(I3`ntcnumpy`ndtype`n(VO8`nI00`nI01`ntR(I3`nV|`nNNNI-1`nI-1`nI63`ntbI00`n(lp0`nI1`naVa`naNatb."
        $out = ConvertFrom-IpcData ([Text.Encoding]::ASCII.GetBytes($array)) Pickle -AllowUnknown -ErrorAction Stop
        $out.pstypenames[0] | Should -Be 'numpy.ndarray'
        $out.State[4] | Should -Be 1, 'a', $null
        $number = $array.Replace('VO8', 'Vi4').Replace("V|", 'V<').Replace("(lp0`nI1`naVa`naNa", "c_codecs`nencode`n(V\u0001\u0000\u0000\u0000\u0002\u0000\u0000\u0000\u0003\u0000\u0000\u0000`nVlatin1`ntR")
        (ConvertFrom-IpcData ([Text.Encoding]::ASCII.GetBytes($number)) Pickle -AllowUnknown -ErrorAction Stop) | Should -Be 1, 2, 3
    }

    It 'describes persistent ids, extension codes and calls of results' {
        $out = ConvertFrom-IpcData ([Text.Encoding]::ASCII.GetBytes("(Prow-7`ncmodule`nfactory`n(I1`ntR(I2`ntRl.")) Pickle -AllowUnknown -ErrorAction Stop
        $out[0].Item1 | Should -Be 'row-7'
        $out[1].Callable.pstypenames[0] | Should -Be 'module.factory'
        $out[1].Item1 | Should -Be 2
        (ConvertFrom-IpcData ([byte[]](0x80, 2, 0x82, 5, 0x2e)) Pickle -AllowUnknown -ErrorAction Stop).Name | Should -Be 'extension_5'
    }
}
