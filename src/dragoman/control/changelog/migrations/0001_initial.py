"""The first tables of this app."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('applications', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Outdated',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('catalog', models.CharField(max_length=200)),
                ('version', models.CharField(max_length=32)),
                ('last_at', models.DateTimeField()),
                ('told', models.PositiveSmallIntegerField(choices=[(0, 'not told'), (1, 'deprecated'), (2, 'gone in a month'), (3, 'gone in a week')], default=0)),
                ('leased_until', models.DateTimeField(null=True)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outdated', to='applications.application')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('application', 'catalog', 'version'), name='one_outdated')],
            },
        ),
    ]
