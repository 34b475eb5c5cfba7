"""GetMetricWidgetImage: a widget of a dashboard as a picture.

`widget` is what is to be drawn, `drawing` draws it with matplotlib, which is loaded with the first picture
and not before; `moto_seam` puts it behind moto's API.
"""
