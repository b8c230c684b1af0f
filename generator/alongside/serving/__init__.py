"""`alongside serve`: the community stays in memory, and a page is rendered when somebody looks at it.

`frames` is what MkDocs made around record pages; `editions` the site as it is after one change, rendered file by file;
`rebuilding` makes the next edition of what `watching` saw change; `server` answers browsers, adds the `bar` and tells
them what changed; `previews` puts side by side what becomes of one record or journey. All of it is for writers, on
their own machine: `alongside build` shares the rendering and nothing else.
"""
